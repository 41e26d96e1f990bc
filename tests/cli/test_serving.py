"""Where the portal is found."""

import pytest

from referral_hub.cli.runtime import Run
from referral_hub.cli.serving import PUBLIC_URL, _is_found_at


@pytest.mark.parametrize(
    ("configured", "found"), [("", "http://localhost:8123"), ("https://hub.example.vn", "https://hub.example.vn")]
)
def test_without_an_address_of_its_own_the_portal_is_found_where_it_listens(
    monkeypatch: pytest.MonkeyPatch, configured: str, found: str
) -> None:
    monkeypatch.setenv(PUBLIC_URL, configured)
    run = Run("vi")
    assert run.settings is not None
    _is_found_at(run, 8123)
    assert run.settings.public_url == found
