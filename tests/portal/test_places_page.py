"""Free beds and slots on pages: set by the agency, read with its age by who picks a recipient."""

from collections.abc import Callable
from datetime import timedelta

from referral_hub.directory.places import free_places, set_free
from referral_hub.kernel import clock
from referral_hub.referrals.choosing import offers
from tests.builders import a_case
from tests.conftest import Acting, Directory
from tests.portal.browsing import Browser

HOUR = timedelta(hours=1)


def test_who_picks_a_recipient_reads_the_figure_and_how_old_it_is(
    acting: Acting, signed_in: Callable[[str], Browser], directory: Directory
) -> None:
    with acting("cuong@cong-an-tinh") as cuong:
        set_free(cuong, "J2", 2, now=clock.now() - 26 * HOUR)
    with acting("lan@anh-duong") as lan:
        case = a_case(lan)
        by_agency = {one.agency: one.places for one in offers(lan, case, "J2", now=clock.now())}
    police = by_agency.pop(directory.agencies["cong-an-tinh"])
    assert police is not None
    assert police.free == 2
    assert not any(by_agency.values())
    seen = signed_in("lan@anh-duong").get(f"/cases/{case}/referrals/new?service=J2&lang=en").get_data(as_text=True)
    assert "Free: 2, set 1 day 2 hours ago. An old figure: telephone first." in seen


def test_an_agency_sets_its_figures_on_one_page(signed_in: Callable[[str], Browser], acting: Acting) -> None:
    cuong = signed_in("cuong@cong-an-tinh")
    wrong = cuong.post("/places", {"J1": "3", "J2": "nhiều"})
    assert wrong.status_code == 422
    assert "từ 0 đến 999" in wrong.get_data(as_text=True)
    with acting("lan@anh-duong") as lan:
        assert free_places(lan) == {}
    assert cuong.post("/places", {"J1": "3", "J2": ""}).status_code == 303
    with acting("lan@anh-duong") as lan:
        assert [(service, one.free) for (_agency, service), one in free_places(lan).items()] == [("J1", 3)]
