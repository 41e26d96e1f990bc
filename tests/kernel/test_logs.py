"""The lines of the processes: what they tell, and that a value never gets into one."""

import json
import logging
from typing import Any

import pytest

from referral_hub.kernel.logs import Lines, about, in_words

NAME = "Nguyễn Thị Hoa 0912345678"


def line(record: logging.LogRecord) -> dict[str, Any]:
    text = Lines("web").format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def record(logger: str, message: str, *values: object, **extra: object) -> logging.LogRecord:
    return logging.getLogger(logger).makeRecord(logger, logging.ERROR, "f.py", 1, message, values, None, extra=extra)


def broken() -> BaseException:
    try:
        try:
            raise KeyError(NAME)
        except KeyError as error:
            raise ValueError(f"no {NAME}") from error
    except ValueError as error:
        return error


def test_a_line_carries_its_request_and_only_the_fields_that_are_known() -> None:
    with about(request="r1"):
        found = line(record("referral_hub.portal", "answered", endpoint="portal.case", status=200, name_of_her=NAME))
    assert (found["request"], found["endpoint"], found["status"]) == ("r1", "portal.case", 200)
    assert NAME not in json.dumps(found, ensure_ascii=False)
    assert "request" not in line(record("referral_hub.portal", "answered"))


def test_an_error_is_its_kind_and_its_places_and_no_word_of_what_it_says() -> None:
    made = record("referral_hub.portal", "fault")
    error = broken()
    made.exc_info = (type(error), error, error.__traceback__)
    found = line(made)
    assert [one["kind"] for one in found["error"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert "test_logs.py" in found["error"][0]["at"][0]
    for text in (json.dumps(found, ensure_ascii=False), in_words(error)):
        assert "Hoa" not in text and "0912345678" not in text


@pytest.mark.parametrize(
    ("message", "values", "said"),
    [
        ("Error handling request %s", (f"/search?q={NAME}",), "Error handling request"),
        (f"Invalid request from ip=10.0.0.1: {NAME}", (), "Invalid request from ip"),
        (f"Job tell[7](case='{NAME}') failed", (), "Job tell"),
    ],
)
def test_of_a_library_only_what_stands_before_its_first_value_is_kept(
    message: str, values: tuple[object, ...], said: str
) -> None:
    assert line(record("gunicorn.error", message, *values))["event"] == said
