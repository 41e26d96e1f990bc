"""Pages of who is on call and who stands in: what was typed becomes a shift, gaps are named, nobody ends another's."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from referral_hub.kernel import clock
from referral_hub.liaisons.duties import cover
from referral_hub.liaisons.rosters import own_covers, rosters
from tests.conftest import Acting, Directory
from tests.portal.browsing import Browser

SignedIn = Callable[[str], Browser]
DAY = timedelta(days=1)


def _boxes(name: str, days: int) -> dict[str, str]:
    day = (clock.now().astimezone(clock.LOCAL) + days * DAY).date()
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def test_a_night_shift_on_three_days_goes_over_midnight(
    signed_in: SignedIn, acting: Acting, directory: Directory
) -> None:
    desk, cuong = directory.desks["duty@cong-an-tinh"], directory.accounts["cuong@cong-an-tinh"]
    form = {"desk": str(desk), "account": str(cuong), **_boxes("first", 1), "from": "17h30", "to": "7:30", "days": "3"}
    huyen = signed_in("huyen@cong-an-tinh")
    assert huyen.post("/duty/new", form).status_code == 303
    with acting("lan@anh-duong") as lan:
        (police,) = [one for one in rosters(lan, clock.now(), clock.now() + 7 * DAY) if one.desk == desk]
    spans = [(s.since.astimezone(clock.LOCAL), s.until.astimezone(clock.LOCAL)) for s in police.shifts]
    assert [(since.strftime("%H:%M"), until.strftime("%H:%M")) for since, until in spans] == [("17:30", "07:30")] * 3
    assert all(until - since == timedelta(hours=14) for since, until in spans)
    assert len(police.gaps) == 4


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"from": "nửa đêm"}, "Ghi giờ và phút"),
        ({"days": "400"}, "Từ 1 đến 31 ngày"),
        ({"first-month": "13"}, "Không có ngày này"),
        ({"phone": "abc"}, "Số điện thoại không đúng"),
        ({"desk": "x"}, "Hãy chọn bàn và người trực"),
    ],
)
def test_what_is_wrong_is_said_and_no_shift_is_made(
    signed_in: SignedIn, acting: Acting, directory: Directory, wrong: dict[str, str], said: str
) -> None:
    desk, cuong = directory.desks["duty@cong-an-tinh"], directory.accounts["cuong@cong-an-tinh"]
    form = {"desk": str(desk), "account": str(cuong), **_boxes("first", 1), "from": "8", "to": "17", "days": "2"}
    answer = signed_in("huyen@cong-an-tinh").post("/duty/new", form | wrong)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    with acting("lan@anh-duong") as lan:
        assert not any(one.shifts for one in rosters(lan, clock.now(), clock.now() + 7 * DAY))


def test_who_arranges_no_duties_gets_no_form(signed_in: SignedIn) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    assert "/duty/new" not in cuong.get("/duty?lang=vi").get_data(as_text=True)
    assert cuong.get("/duty/new").status_code == 403


def test_the_week_names_the_desks_that_nobody_answers(signed_in: SignedIn) -> None:
    seen = signed_in("lan@anh-duong").get("/duty?lang=en").get_data(as_text=True)
    assert "Nobody is on call now." in seen
    assert "Criminal police duty desk" in seen


def test_one_goes_away_oneself_and_is_back_early(signed_in: SignedIn, acting: Acting, directory: Directory) -> None:
    lan = signed_in("lan@anh-duong")
    form = {"cover": str(directory.accounts["thao@anh-duong"]), **_boxes("first", 0), **_boxes("last", 3)}
    assert lan.post("/covers", form).status_code == 303
    with acting("lan@anh-duong") as actor:
        (made,) = own_covers(actor, now=clock.now())
    assert made.account_id == directory.accounts["lan@anh-duong"]
    assert made.until.astimezone(clock.LOCAL).strftime("%H:%M") == "00:00"
    assert signed_in("thao@anh-duong").post(f"/covers/{made.id}/end", {}).status_code == 403
    assert lan.post(f"/covers/{made.id}/end", {}).status_code == 303
    with acting("lan@anh-duong") as actor:
        assert own_covers(actor, now=clock.now()) == []


def test_who_has_no_say_over_covers_sends_nobody_away(
    signed_in: SignedIn, acting: Acting, directory: Directory
) -> None:
    form = {"account": str(directory.accounts["thao@anh-duong"]), "cover": str(directory.accounts["mai@anh-duong"])}
    signed_in("lan@anh-duong").post("/covers", form | _boxes("first", 0) | _boxes("last", 3))
    with acting("lan@anh-duong") as actor:  # the form has no such field for her: it is she who is away
        assert [one.account_id for one in own_covers(actor, now=clock.now())] == [directory.accounts["lan@anh-duong"]]


def test_a_cover_of_another_agency_is_not_there(signed_in: SignedIn, acting: Acting, directory: Directory) -> None:
    lan, thao = directory.accounts["lan@anh-duong"], directory.accounts["thao@anh-duong"]
    with acting("hanh@anh-duong") as hanh:
        made = cover(hanh, lan, thao, clock.now(), clock.now() + DAY, now=clock.now())
    huyen = signed_in("huyen@cong-an-tinh")
    assert huyen.post(f"/covers/{made}/end", {}).status_code == 404
    assert "Thảo" not in huyen.get("/covers").get_data(as_text=True)


def test_who_only_reads_statistics_does_not_learn_who_is_on_call(signed_in: SignedIn) -> None:
    helen = signed_in("helen@koica")
    assert helen.get("/duty").status_code == 403
    assert 'href="/duty"' not in helen.get("/inbox").get_data(as_text=True)
