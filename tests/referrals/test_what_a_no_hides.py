"""After she said no, or her consent ran out, the recipient's page is silent about it."""

from datetime import timedelta

from referral_hub.access.decision import DenialFact
from referral_hub.access.denials import deny
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.referrals import queries
from tests.builders import COVERED, agency_id
from tests.conftest import Acting
from tests.people import POLICE
from tests.story import accepted_by


def test_a_denied_category_stands_on_no_line_of_the_recipient_and_with_its_reason_on_the_owners(
    acting: Acting,
) -> None:
    told = accepted_by(acting)
    with acting("lan@anh-duong") as lan:
        denial = DenialFact("identity", agency=agency_id(POLICE))
        deny(lan, told.case, denial, now=clock.now() - timedelta(seconds=1))
    with acting("cuong@cong-an-tinh") as police:
        theirs = queries.detail(police, told.referral, now=clock.now())
    assert {line.category for line in theirs.shared} == set(COVERED) - {"identity"}
    assert theirs.withheld == ()
    with acting("lan@anh-duong") as lan:
        ours = queries.detail(lan, told.referral, now=clock.now())
    assert "identity" not in {line.category for line in ours.shared}
    assert ("identity", "denied") in {(line.category, line.reason) for line in ours.withheld}


def test_a_failing_statement_brings_no_value_into_the_log(acting: Acting) -> None:
    with acting("lan@anh-duong"):
        assert db.engine.hide_parameters
