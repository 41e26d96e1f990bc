"""Each page in the reader's language, with no word of the other one."""

import re

import pytest

from tests.portal.browsing import Browser, text_of
from tests.portal.conftest import SignedIn
from tests.story import Told

ENGLISH = re.compile(
    r"\b(the|and|not|you|your|with|this|what|sign in|sign out|back|error|show|hide|page|previous|next|warning|day|"
    r"month|year|please|required|invalid|password|report|inbox|status|urgency|shared)\b",
    re.I,
)
VIETNAMESE = re.compile("[ạảãấầẩẫậắằẳẵặẹẻẽếềểễệịỉĩọỏốồổỗộớờởỡợụủũứừửữựỳỵỷỹđơưăẠẢẤẦẬẮẰẶẸẾỀỆỊỌỐỒỘỚỜỢỤỨỪỰĐƠƯĂ]")


def said_on(browser: Browser, path: str) -> str:
    """What a reader sees or hears of a page, without the names of the languages."""
    page = browser.get(path)
    markup = page.get_data(as_text=True)
    spoken = re.findall(
        r'(?:aria-label|title|data-i18n\.[\w.-]+|data-rh-(?:left|over|day|hour|minute)|placeholder|alt)="([^"]*)"',
        markup,
    )
    return " ".join([text_of(page), *spoken]).replace("English", "").replace("Tiếng Việt", "")


@pytest.mark.parametrize(
    ("who", "path"),
    [
        (None, "/sign-in"),
        (None, "/no-such-page"),
        ("lan@anh-duong", "/inbox"),
        ("lan@anh-duong", "/inbox?tab=closed"),
        ("lan@anh-duong", "/cases/{case}"),
        ("lan@anh-duong", "/cases/{case}/consents/{consent}/withdraw"),
        ("lan@anh-duong", "/referrals/{referral}"),
        ("lan@anh-duong", "/referrals/{referral}/cancel"),
        ("cuong@cong-an-tinh", "/referrals/{referral}"),
        ("cuong@cong-an-tinh", "/referrals/{referral}/decline"),
        ("cuong@cong-an-tinh", "/cases/{case}"),
        ("thao@anh-duong", "/cases/{case}"),
        ("hanh@anh-duong", "/reports"),
    ],
)
def test_no_english_is_left_on_a_vietnamese_page(
    who: str | None, path: str, browser: Browser, signed_in: SignedIn, sent: Told
) -> None:
    someone = browser if who is None else signed_in(who)
    address = path.format(case=sent.case, consent=sent.consent, referral=sent.referral)
    assert ENGLISH.findall(said_on(someone, address)) == []


def test_an_english_page_says_everything_in_english_but_what_people_wrote(signed_in: SignedIn, accepted: Told) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    cuong.get("/inbox?lang=en")
    written = ("Ngô Mạnh Cường", "Nguyễn Ngọc Lan", "Nguyễn Thị Hoa", "sau 20 giờ", "Hội Phụ nữ")
    for path in ("/inbox?tab=todo", f"/referrals/{accepted.referral}", f"/referrals/{accepted.referral}/decline"):
        said = said_on(cuong, path)
        for one in written:
            said = said.replace(one, "")
        assert VIETNAMESE.findall(said) == [], said


def test_the_language_is_chosen_by_a_link_and_kept(browser: Browser, signed_in: SignedIn) -> None:
    assert "Đăng nhập" in said_on(browser, "/sign-in")
    assert "Sign in" in said_on(browser, "/sign-in?lang=en")
    assert "Sign in" in said_on(browser, "/sign-in")
    browser.sign_in("lan@anh-duong")
    assert 'lang="en"' in browser.get("/inbox").get_data(as_text=True), "what was chosen at this desk counts"
    assert 'lang="vi"' in browser.get("/inbox?lang=vi").get_data(as_text=True)


def test_what_the_browser_would_prefer_is_not_asked(browser: Browser) -> None:
    page = browser.get("/sign-in", headers={"Accept-Language": "en-US,en;q=0.9"})
    assert 'lang="vi"' in page.get_data(as_text=True)


def test_changing_the_language_stays_on_the_page_and_its_tab(signed_in: SignedIn) -> None:
    page = signed_in("lan@anh-duong").get("/inbox?tab=closed&page=2").get_data(as_text=True)
    assert 'href="/inbox?tab=closed&amp;page=2&amp;lang=en"' in page
