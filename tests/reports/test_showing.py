"""Figures on paper, on a screen, in a terminal: never one that is hidden."""

import re
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pytest

from referral_hub.regulation.labels import Label
from referral_hub.regulation.model import Regulation
from referral_hub.reports.charts import Bar, bar_chart, report_chart
from referral_hub.reports.model import IndicatorResult, Period, Report
from referral_hub.reports.printing import to_text
from referral_hub.reports.wording import number

SVG = "{http://www.w3.org/2000/svg}"


def result(code: str, value: float | None, *, unit: str = "contact", suppressed: bool = False) -> IndicatorResult:
    return IndicatorResult(code, Label(f"Số {code} được hỗ trợ", f"Number of {code}"), unit, value, suppressed)


@pytest.fixture
def made() -> Report:
    return Report(
        Period(date(2020, 4, 16), date(2020, 10, 22)),
        "donor",
        "rules 1",
        (
            result("a", 1640),
            result("b", None, suppressed=True),
            result("c", 0),
            result("d", 93.3, unit="percent"),
            result("e", None, unit="percent"),
        ),
        (Label("Có số liệu nhập từ sổ cũ", "Includes an old register"),),
    )


def test_the_text_is_aligned_and_vietnamese_first(made: Report, regulation: Regulation) -> None:
    lines = to_text(made, regulation, "vi").splitlines()
    assert lines[0] == "Kỳ báo cáo: từ 16/4/2020 đến trước 22/10/2020"
    assert lines[1] == "Dành cho: Nhà tài trợ"
    assert [line.split("hỗ trợ")[1].strip() for line in lines[4:9]] == [
        "1.640",
        "đã ẩn",
        "0",
        "93,3%",
        "không có số liệu",
    ]
    assert len({len(line) for line in lines[4:9]}) == 1
    assert lines[-1] == "* Có số liệu nhập từ sổ cũ."


def test_the_text_exists_in_english(made: Report, regulation: Regulation) -> None:
    text = to_text(made, regulation, "en")
    assert "from 16 April 2020 until before 22 October 2020" in text and "1,640" in text and "hidden" in text


@pytest.mark.parametrize(
    ("value", "vi", "en"), [(0, "0", "0"), (1234567, "1.234.567", "1,234,567"), (93.3, "93,3", "93.3")]
)
def test_numbers_are_written_as_the_language_does(value: float, vi: str, en: str) -> None:
    assert (number(value, "vi"), number(value, "en")) == (vi, en)


def test_the_chart_is_an_image_with_a_name_and_a_description(made: Report) -> None:
    svg = ElementTree.fromstring(str(report_chart(made, "vi")))
    assert svg.get("role") == "img"
    names = (svg.get("aria-labelledby") or "").split()
    texts = {element.get("id"): element.text for element in svg.iter() if element.get("id") in names}
    assert texts[names[0]] == "Số liệu từ 16/4/2020 đến trước 22/10/2020"
    assert "Số a được hỗ trợ: 1.640" in (texts[names[1]] or "")


def test_every_bar_has_its_label_and_its_number_as_text(made: Report) -> None:
    svg = ElementTree.fromstring(str(report_chart(made, "vi")))
    assert [element.text for element in svg.iter(f"{SVG}text")] == [
        "Số a được hỗ trợ",
        "1.640",
        "Số b được hỗ trợ",
        "đã ẩn",
        "Số c được hỗ trợ",
        "0",
    ]


def test_the_chart_passes_a_policy_without_inline_style_or_script(made: Report) -> None:
    markup = str(report_chart(made, "vi"))
    assert not re.search(r"style|<script|\son\w+=|href|data:", markup)


def test_a_hidden_bar_is_hatched_and_has_the_same_length_whatever_it_hides(made: Report) -> None:
    drawn = [
        str(bar_chart([Bar("một", 100, "100"), Bar("hai", value, "đã ẩn", hidden=True)], "Biểu đồ"))
        for value in (1, 4, 5000, None)
    ]
    assert len(set(drawn)) == 1
    assert "url(#chart-hatch)" in drawn[0] and "5000" not in drawn[0]


def test_what_people_wrote_cannot_become_markup() -> None:
    markup = str(bar_chart([Bar("<script>x</script>", 1, '"><b>')], "<i>&</i>"))
    assert "<script>" not in markup and "<b>" not in markup and "<i>" not in markup
    ElementTree.fromstring(markup)


def test_two_charts_on_one_page_share_no_id(made: Report) -> None:
    ids = [re.findall(r'id="([^"]+)"', str(report_chart(made, "vi", name))) for name in ("one", "two")]
    assert ids[0] and not set(ids[0]) & set(ids[1])


def test_a_report_without_counts_has_no_chart(made: Report) -> None:
    assert report_chart(replace(made, indicators=made.indicators[3:]), "vi") is None


def test_a_chart_of_zeros_draws_no_bar() -> None:
    svg = ElementTree.fromstring(str(bar_chart([Bar("không", 0, "0")], "Biểu đồ")))
    assert [element for element in svg.findall(f"{SVG}rect")] == []
