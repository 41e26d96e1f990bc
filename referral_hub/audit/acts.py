"""The closed vocabulary of the log. Grammar: ``feature:thing:happening``; an entry may carry only the keys listed.

``kind`` is what the database's commit check asks for: a row of that kind of table may not change without it.
No key may hold a name, a telephone number, an address or free text about a person: ids and codes only.
"""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class ActType:
    """One kind of entry: its code, the commit check it satisfies, the keys its payload may have."""

    code: str
    kind: str
    keys: frozenset[str]


def _act(code: str, kind: str, *keys: str) -> ActType:
    return ActType(code, kind, frozenset(keys))


class Act(Enum):
    """Everything the hub writes down."""

    ACCESS_DENIED_TO = _act("access:denial:recorded", "access", "agency", "desk", "account", "category")
    ACCESS_ENDED = _act("access:grant:ended", "access", "referral", "cause")
    ACCESS_OPENED = _act("access:grant:opened", "access", "referral", "categories")
    ACCESS_REFUSED = _act("access:step:refused", "refusal")
    ACCESS_STAGED = _act("access:grant:staged", "access", "referral", "categories", "recipient")
    ACCESS_SUBJECT_OPENED = _act("access:subject:opened", "access", "kind")
    ACCOUNT_SIGNED_IN = _act("accounts:session:started", "account")
    ACCOUNT_SIGNED_OUT = _act("accounts:session:ended", "account")
    CASE_CLOSED = _act("cases:file:closed", "case", "reason")
    CASE_FACTS_CHANGED = _act("cases:facts:changed", "case", "facts")
    CASE_OPENED = _act("cases:file:opened", "case", "regulation")
    CASE_TEAM_CHANGED = _act("cases:team:changed", "access", "account", "duty")
    CONSENT_ENDED = _act("consent:consent:withdrawn", "consent", "consents", "via")
    CONSENT_GIVEN = _act("consent:consent:given", "consent", "consent", "purpose", "service", "recipient", "categories")
    CONTACT_RECORDED = _act("intake:contact:recorded", "contact")
    OUTREACH_RECORDED = _act("outreach:activity:recorded", "outreach")
    PERPETRATOR_OPENED = _act("perpetrators:record:opened", "perpetrator", "regulation")
    REFERRAL_STEPPED = _act(
        "referrals:referral:stepped", "referral", "referral", "verb", "from", "to", "reason", "outcome"
    )
    REGULATION_ADOPTED = _act("regulation:version:adopted", "regulation")
    SECTIONS_READ = _act("cases:sections:read", "read", "categories", "referral")
    SECTIONS_WRITTEN = _act("cases:sections:written", "section", "categories")
    SERVICE_RECORDED = _act("cases:service:recorded", "service", "service", "outcome")
