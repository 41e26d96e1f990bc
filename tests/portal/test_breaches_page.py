"""The pages of the register of incidents."""

from tests.portal.browsing import text_of
from tests.portal.conftest import SignedIn

MOMENT = {"day": "2", "month": "3", "year": "2026", "time": "08:30"}


def at(name: str, **other: str) -> dict[str, str]:
    return {f"{name}-{part}": value for part, value in {**MOMENT, **other}.items()}


def test_an_incident_is_recorded_the_authority_told_and_then_it_is_closed(signed_in: SignedIn) -> None:
    yen = signed_in("yen@anh-duong")
    form = {"kind": "lost-paper", "harm": "yes", "persons": "2", "categories": "identity", **at("found_at")}
    assert yen.post("/rights/breaches/new", form | {"harm": ""}).status_code == 422
    assert yen.post("/rights/breaches/new", form | {"found_at-time": "x"}).status_code == 422
    assert yen.post("/rights/breaches/new", form | {"persons": "hai"}).status_code == 422
    answer = yen.post("/rights/breaches/new", form)
    assert answer.status_code == 303
    path = answer.headers["Location"]
    page = yen.get(path)
    assert "05/03/2026 08:30" in text_of(page), "72 hours later"
    assert 'value="close"' not in page.get_data(as_text=True)
    told = yen.post(path, {"whom": "authority", "reference": "7/BC", **at("told_at", time="09:00")})
    assert told.status_code == 303
    assert 'value="close"' in yen.get(path).get_data(as_text=True)
    assert yen.post(path, {"step": "close"}).status_code == 303
    assert 'name="whom"' not in yen.get(path).get_data(as_text=True)
    assert "SC-" in text_of(yen.get("/rights/breaches"))


def test_a_worker_is_not_shown_the_register(signed_in: SignedIn) -> None:
    lan = signed_in("lan@anh-duong")
    assert lan.get("/rights/breaches").status_code == 403
    assert "/rights/breaches" not in lan.get("/rights").get_data(as_text=True)
