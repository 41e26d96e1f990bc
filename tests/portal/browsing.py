"""A browser without a screen: it keeps cookies, takes the token of the form it saw, and reads pages as people do."""

import html
import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.people import PASSWORD, email

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Browser:
    """One person's browser. ``last`` is the page it shows."""

    def __init__(self, app: Flask, base_url: str = "http://localhost") -> None:
        self.client = app.test_client()
        self.base_url = base_url
        self.last: TestResponse | None = None

    def get(self, path: str, **more: Any) -> TestResponse:
        """Follow no redirect; the caller wants to see it."""
        self.last = self.client.get(path, base_url=self.base_url, **more)
        return self.last

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form with the token of a page of this browser."""
        form = {"csrf_token": self.token(), **(data or {})}
        self.last = self.client.post(path, data=form, base_url=self.base_url, **more)
        return self.last

    def follow(self) -> TestResponse:
        """Where the last answer sends this browser."""
        assert self.last is not None
        assert self.last.status_code in (302, 303), self.last.status_code
        return self.get(self.last.headers["Location"])

    def token(self) -> str:
        """The token of the page that is shown, or of a page that everybody has."""
        shown = self.last.get_data(as_text=True) if self.last is not None else ""
        found = _TOKEN.search(shown)
        if found is None:
            page = self.client.get("/inbox", base_url=self.base_url)
            if page.status_code == 302:
                page = self.client.get("/sign-in", base_url=self.base_url)
            found = _TOKEN.search(page.get_data(as_text=True))
        assert found is not None, "no form with a token"
        return html.unescape(found[1])

    def sign_in(self, who: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        """Type e-mail and password into the sign-in page."""
        self.get("/sign-in")
        return self.post("/sign-in", {"email": email(who), "password": password, **more})

    def cookie(self, name: str = "rh") -> Any:
        """A cookie of this browser, with its attributes."""
        return self.client.get_cookie(name)


def text_of(response: TestResponse) -> str:
    """The words of a page, entities resolved, tags and scripts gone, blanks folded."""
    page = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.get_data(as_text=True), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page))).strip()


def part(response: TestResponse, name: str) -> str | None:
    """The markup of the part of a page that is marked ``data-rh-part``; None when the page has no such part."""
    page = response.get_data(as_text=True)
    found = re.search(rf'<(section|div)\b[^>]*data-rh-part="{name}"', page)
    if found is None:
        return None
    depth = 0
    for tag in re.finditer(rf"<(/?){found[1]}\b", page[found.start() :]):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return html.unescape(page[found.start() : found.start() + tag.end()])
    raise AssertionError(f"{name} is not closed")


def title_of(response: TestResponse) -> str:
    """What the browser's tab and its history say."""
    found = re.search(r"<title>(.*?)</title>", response.get_data(as_text=True), re.S)
    assert found is not None
    return html.unescape(found[1]).strip()


def codes_of(response: TestResponse) -> list[str]:
    """The codes of the rows of a list, in their order."""
    return re.findall(r'<tr[^>]*data-code="([^"]+)"', response.get_data(as_text=True))
