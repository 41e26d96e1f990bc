"""Who is on call at each desk for a week: the hours that nobody has are named, and every agency reads them."""

from datetime import timedelta

import pytest

from referral_hub.kernel import clock
from referral_hub.kernel.errors import Invalid
from referral_hub.kernel.ids import new_id
from referral_hub.liaisons.duties import cover, end_cover, end_duty, put_on_call
from referral_hub.liaisons.rosters import own_covers, rosters
from referral_hub.liaisons.rota import Gap, Shift, gaps
from tests.conftest import Acting, Directory

NOW = clock.now()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _shift(since: int, until: int) -> Shift:
    return Shift(new_id(), new_id(), "Cường", None, NOW + since * HOUR, NOW + until * HOUR)


@pytest.mark.parametrize(
    ("shifts", "left"),
    [
        ((), [(0, 24)]),
        ([(0, 24)], []),
        ([(-8, 8), (8, 30)], []),
        ([(0, 8), (6, 12), (20, 24)], [(12, 20)]),
        ([(2, 20), (4, 6)], [(0, 2), (20, 24)]),
        ([(30, 40), (-9, -1)], [(0, 24)]),
    ],
)
def test_the_hours_that_nobody_has_are_named(shifts: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    found = gaps([_shift(*one) for one in reversed(shifts)], NOW, NOW + 24 * HOUR)
    assert found == tuple(Gap(NOW + since * HOUR, NOW + until * HOUR) for since, until in left)


def test_another_agency_reads_who_is_on_call_and_under_which_number(acting: Acting, directory: Directory) -> None:
    desk, cuong = directory.desks["duty@cong-an-tinh"], directory.accounts["cuong@cong-an-tinh"]
    with acting("huyen@cong-an-tinh") as huyen:
        put_on_call(huyen, desk, cuong, NOW, NOW + 8 * HOUR, phone="0912 345 678", now=NOW)
    with acting("lan@anh-duong") as lan:
        found = {one.desk: one for one in rosters(lan, NOW, NOW + DAY)}
    police = found[desk]
    assert [(shift.account_id, shift.phone) for shift in police.at(NOW + HOUR)] == [(cuong, "0912345678")]
    assert police.at(NOW + 8 * HOUR) == ()
    assert police.gaps == (Gap(NOW + 8 * HOUR, NOW + DAY),)
    assert found[directory.desks["intake@anh-duong"]].gaps == (Gap(NOW, NOW + DAY),), "it answers round the clock too"


def test_what_was_called_off_leaves_its_hours_open(acting: Acting, directory: Directory) -> None:
    desk, cuong = directory.desks["duty@cong-an-tinh"], directory.accounts["cuong@cong-an-tinh"]
    with acting("huyen@cong-an-tinh") as huyen:
        duty = put_on_call(huyen, desk, cuong, NOW + HOUR, NOW + DAY, now=NOW)
        end_duty(huyen, duty, now=NOW)
        (police,) = [one for one in rosters(huyen, NOW, NOW + DAY) if one.desk == desk]
    assert police.shifts == ()
    assert police.gaps == (Gap(NOW, NOW + DAY),)


def test_a_number_of_a_shift_is_a_telephone_number(acting: Acting, directory: Directory) -> None:
    desk, cuong = directory.desks["duty@cong-an-tinh"], directory.accounts["cuong@cong-an-tinh"]
    with pytest.raises(Invalid), acting("huyen@cong-an-tinh") as huyen:
        put_on_call(huyen, desk, cuong, NOW, NOW + DAY, phone="hỏi chị Huyền", now=NOW)


def test_an_agency_lists_its_own_people_who_are_away_and_nobody_elses(acting: Acting, directory: Directory) -> None:
    lan, thao = directory.accounts["lan@anh-duong"], directory.accounts["thao@anh-duong"]
    with acting("hanh@anh-duong") as hanh:
        cover(hanh, lan, thao, NOW + DAY, NOW + 2 * DAY, now=NOW)
        gone = cover(hanh, thao, lan, NOW + 5 * DAY, NOW + 6 * DAY, now=NOW)
        end_cover(hanh, gone, now=NOW)
        assert [(one.account_id, one.since) for one in own_covers(hanh, now=NOW)] == [(lan, NOW + DAY)]
        assert own_covers(hanh, now=NOW + 2 * DAY) == []
    with acting("huyen@cong-an-tinh") as huyen:
        assert own_covers(huyen, now=NOW) == []
