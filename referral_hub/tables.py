"""Every table, for Alembic and for the tests that look at all of them."""

from referral_hub.access import models as access
from referral_hub.audit import models as audit
from referral_hub.cases import models as cases
from referral_hub.consent import models as consent
from referral_hub.directory import models as directory
from referral_hub.intake import models as intake
from referral_hub.kernel.db import Base
from referral_hub.liaisons import models as liaisons
from referral_hub.notifications import models as notifications
from referral_hub.outreach import models as outreach
from referral_hub.perpetrators import models as perpetrators
from referral_hub.referrals import models as referrals
from referral_hub.regulation import models as regulation
from referral_hub.rights import models as rights
from referral_hub.tasks import models as tasks
from referral_hub.vault import models as vault

MODULES = (
    access,
    audit,
    cases,
    consent,
    directory,
    intake,
    liaisons,
    notifications,
    outreach,
    perpetrators,
    referrals,
    regulation,
    rights,
    tasks,
    vault,
)

metadata = Base.metadata
