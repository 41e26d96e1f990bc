"""Pages drawn from plain values: what stands where, in whose language, and what may never be there."""

import re
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader
from markupsafe import Markup

import referral_hub.portal

TEMPLATES = Path(referral_hub.portal.__file__).parent / "templates"
SOURCES = sorted(TEMPLATES.rglob("*.html"))
# Texts that govuk-frontend's macros and scripts print when nobody gives them another.
ENGLISH_DEFAULTS = (
    "Back|Breadcrumb|Error|Important|Success|Menu|Service information|There is a problem|Warning|Pagination|Previous|"
    "Next|Page|Show|Hide|Show password|Day|Month|Year|GOV.UK|Skip to main content"
)
NAME = "Nguyễn Thị Thúy Hường"


def as_written(text: str) -> str:
    return text


def dotted(text: str) -> str:
    return "·"


@lru_cache
def environment(say: Any) -> Environment:
    env = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(TEMPLATES),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(say, lambda one, many, n: say(one), newstyle=True)  # type: ignore[attr-defined]
    env.globals["csrf_token"] = lambda: "the-token"
    env.globals["url_for"] = lambda endpoint, filename="", **more: f"/static/{filename}"
    return env


def frame(**more: Any) -> dict[str, Any]:
    return {
        "locale": "vi",
        "viewer": SimpleNamespace(name="Trần Thị Mỹ Duyên", agency_name="Ánh Dương", role_names=["Trực"]),
        "nav": [{"href": "/inbox", "text": "Hộp thư", "active": True, "count": 3}],
        "language_links": [{"lang": "en", "text": "EN", "href": "?lang=en", "current": False}],
        "hotline": "18001769",
        "emergency_numbers": [{"number": "113", "label": "Công an"}],
        "demo": False,
        **more,
    }


def row(code: str = "R-7KQ4-MX2H") -> dict[str, Any]:
    return {
        "code": code,
        "href": "/referrals/1",
        "service": "Tạm lánh",
        "other_side": "Vân Đồn",
        "direction": "in",
        "urgency": "emergency",
        "urgency_label": "Khẩn cấp",
        "clock": {"text": "Quá hạn 5 phút", "level": "overdue", "iso": "2026-11-23T01:00:00Z"},
        "status_label": "Đã gửi",
        "next_step": "Trả lời",
    }


def referral_page(**more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "referral": {**row(), "from_agency": "Ánh Dương", "to_agency": "Vân Đồn", "version": 3},
        "contact_rule": [{"label": "Giờ gọi", "value": "8:00 đến 10:30"}],
        "actions": [
            {"verb": "accept", "text": "Nhận hỗ trợ", "post": "/referrals/1/accept", "primary": True, "danger": False},
            {"verb": "decline", "text": "Từ chối", "href": "/referrals/1/decline", "primary": False, "danger": True},
        ],
        "shared": [{"category_label": "Nhân thân", "until": None, "fields": [{"label": "Tên", "value": NAME}]}],
        "withheld": [{"category_label": "Tham vấn", "reason": "Chưa đồng ý"}],
        "history": [{"when_text": "23/11/2026 01:43", "iso": "2026-11-22T18:43:00Z", "what": "Đã gửi"}],
        "recipient_sentence": "Câu cố định",
        "sees_owner": False,
    }
    return frame(**{**values, **more})


def login_form() -> Any:
    def blank(name: str) -> SimpleNamespace:
        return SimpleNamespace(name=name, data="", errors=["Sai"])

    class Form:
        email, password, submit = blank("email"), blank("password"), blank("submit")
        errors: dict[str, list[str]] = {"email": ["Sai"]}
        form_errors: tuple[str, ...] = ()

        def hidden_tag(self) -> Markup:
            return Markup("<input type='hidden' name='csrf_token' value='x'>")

        def __contains__(self, name: str) -> bool:
            return False

    return Form()


PAGES: dict[str, dict[str, Any]] = {
    "sign_in.html": frame(
        viewer=None, login_user_form=login_form(), next="/inbox", demo=True, demo_accounts=[{"agency": "A"}]
    ),
    "inbox.html": frame(
        tabs=[{"key": "todo", "text": "Cần xử lý", "count": 1, "href": "?", "current": True}],
        rows=[row()],
        overdue_count=1,
        page={"previous": "?p=1", "next": "?p=3"},
    ),
    "referral.html": referral_page(sees_owner=True, notice="Đã gửi"),
    "step.html": frame(
        step={"verb": "decline", "title": "Từ chối", "submit_text": "Gửi", "danger": True, "check": ["Bên gửi biết"]},
        fields=[
            {"name": "why", "kind": "radios", "label": "Lý do", "items": [{"value": "a", "text": "A"}], "error": "!"},
            {"name": "note", "kind": "textarea", "label": "Ghi chú", "error": "!"},
            {"name": "on", "kind": "date", "label": "Khi", "value": "2026-02-28", "error": "!"},
            {"name": "who", "kind": "text", "label": "Ai", "error": "!"},
        ],
        errors=[{"text": "Chọn lý do", "href": "#why"}],
        version=3,
    ),
    "case.html": frame(
        case={"code": "C-9XWM-4TQA", "opened_at": "20/11/2026", "status": "Mở", "owner": "Ánh Dương"},
        contact_rule=[{"label": "Giờ gọi", "value": "8:00"}],
        sections=[{"category_label": "Nhân thân", "fields": [{"label": "Tên", "value": NAME}]}],
        consents=[{"to": "Vân Đồn", "categories": ["Nhân thân"], "withdraw_href": "/w"}],
        referrals=[row()],
        team=[{"name": "Trần Thị Mỹ Duyên", "role": "Phụ trách"}],
    ),
    "report.html": frame(
        period={"from": "2026-07-01", "to": "2026-10-01"},
        audience="public",
        audiences=[{"value": "public", "text": "Công khai"}],
        indicators=[{"label": "Tiếp nhận", "value": None, "suppressed": True}],
        chart="<svg role='img'></svg>",
    ),
    "error.html": frame(title="Không tìm thấy", message="Hãy thử lại.", status=404),
    "message.html": frame(title="Đã gửi", message="Bên nhận đã được báo."),
}


def render(name: str, say: Any = as_written, **more: Any) -> str:
    return environment(say).get_template(name).render(**{**PAGES[name], **more})


@pytest.mark.parametrize("name", PAGES)
def test_no_english_default_of_a_macro_reaches_a_translated_page(name: str) -> None:
    page = render(name, say=dotted)
    assert not re.search(rf"[>\"]\s*(?:{ENGLISH_DEFAULTS})\s*[<:\"]", page)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_on_a_page_is_refused_by_the_content_security_policy(name: str) -> None:
    page = render(name)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", page)


@pytest.mark.parametrize("name", ["referral.html", "case.html"])
def test_a_page_title_names_a_code_and_never_a_person(name: str) -> None:
    page = render(name)
    title = re.search(r"<title>(.*?)</title>", page, re.S)
    assert NAME in page
    assert title is not None and NAME not in title[1] and re.search(r"[RC]-\w{4}-\w{4}", title[1])


@pytest.mark.parametrize("name", PAGES)
def test_every_form_that_changes_something_carries_the_token(name: str) -> None:
    for form in re.findall(r"<form.*?</form>", render(name), re.S):
        assert 'method="get"' in form or "csrf_token" in form


@pytest.mark.parametrize("name", PAGES)
def test_help_in_danger_is_on_every_page_as_a_telephone_link(name: str) -> None:
    page = render(name)
    assert 'href="tel:18001769"' in page and 'href="tel:113"' in page


def test_a_referral_shows_safety_first_then_what_to_do_then_the_rest() -> None:
    page = render("referral.html")
    places = [page.index(f'data-rh-part="{part}"') for part in ("safe-contact", "ask", "actions", "shared")]
    places += [page.index(f'data-rh-part="{part}"') for part in ("withheld", "history")]
    assert places == sorted(places)


def test_a_recipient_reads_the_fixed_sentence_and_never_what_is_withheld() -> None:
    page = render("referral.html", sees_owner=False)
    assert "Câu cố định" in page
    assert "Tham vấn" not in page and "Chưa đồng ý" not in page


def test_when_access_has_ended_only_status_and_times_remain() -> None:
    page = render("referral.html", gone="Quyền xem đã kết thúc")
    assert "Quyền xem đã kết thúc" in page and "23/11/2026 01:43" in page
    assert NAME not in page and "Tham vấn" not in page


def test_an_action_that_posts_carries_the_version_it_was_seen_at() -> None:
    form = re.search(r'<form method="post" action="/referrals/1/accept">.*?</form>', render("referral.html"), re.S)
    assert form is not None and 'name="version" value="3"' in form[0]


def test_every_row_of_the_inbox_can_be_found_by_its_code() -> None:
    page = render("inbox.html", rows=[row("R-AAAA-2222"), row("R-BBBB-3333")])
    assert re.findall(r'<tr[^>]*data-code="([^"]+)"', page) == ["R-AAAA-2222", "R-BBBB-3333"]


@pytest.mark.parametrize("key", ["todo", "waiting", "active", "overdue", "closed"])
def test_an_empty_tab_says_so_in_its_own_words(key: str) -> None:
    tabs = [{"key": key, "text": key, "count": 0, "href": "?", "current": True}]
    page = render("inbox.html", tabs=tabs, rows=[], overdue_count=0)
    assert "There are no referrals here." not in page and "rh-big" in page and "<table" not in page


def test_what_somebody_typed_is_text_and_not_markup() -> None:
    nasty = "<script>alert(1)</script>"
    fields = [{"name": "note", "kind": "textarea", "label": nasty, "hint": nasty, "value": nasty, "error": nasty}]
    step = render("step.html", fields=fields, errors=[{"text": nasty, "href": "#note"}])
    page = render("referral.html", notice=nasty, contact_rule=[{"label": nasty, "value": nasty}], gone=nasty)
    assert nasty not in step + page


def test_a_hidden_number_is_not_on_the_page_in_any_form() -> None:
    page = render("report.html", indicators=[{"label": "Tạm lánh", "value": 4242, "suppressed": True}])
    assert "4242" not in page


def test_only_the_wrapping_file_calls_the_design_system_directly() -> None:
    bare = [path.name for path in SOURCES if "govuk_frontend_jinja" in path.read_text()]
    assert bare == ["rh.html"]
