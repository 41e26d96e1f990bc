"""The closed vocabulary of the log. Grammar: ``feature:thing:happening``; an entry may carry only the keys listed.

``kind`` is what the database's commit check asks for: a row of that kind of table may not change without it.
``leaf`` is what the envelope calls it. Whom she does not want to see anything accuses somebody, and auditors of the
accused agency read leaves: there it is one change among those of who may see a record, and reading that list is one
opening among others. What it was stands in the payload, under :data:`HAPPENING`.
No key may hold a name, a telephone number, an address or free text about a person: ids and codes only.
"""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class ActType:
    """One kind of entry: its code, the commit check it satisfies, the keys its payload may have, its code in leaves."""

    code: str
    kind: str
    keys: frozenset[str]
    leaf: str


#: The key of a payload that holds the act's own code, where the leaf does not say it.
HAPPENING = "happening"
#: What a leaf says of every change of who may see a record.
WHO_MAY_SEE_CHANGED = "access:record:changed"
_OPENED = "cases:sections:read"


def _act(code: str, kind: str, *keys: str, leaf: str | None = None) -> ActType:
    return ActType(code, kind, frozenset(keys), leaf or code)


class Act(Enum):
    """Everything the hub writes down."""

    ACCESS_DENIED_TO = _act(
        *("access:denial:recorded", "access", "agency", "desk", "account", "category", "units", "described"),
        leaf=WHO_MAY_SEE_CHANGED,
    )
    ACCESS_CONFLICT = _act("access:conflict:declared", "access", "account")
    ACCESS_DENIAL_LIFTED = _act("access:denial:lifted", "access", "denial", leaf=WHO_MAY_SEE_CHANGED)
    ACCESS_DENIALS_READ = _act("access:denials:read", "read", leaf=_OPENED)
    ACCESS_ENDED = _act("access:grant:ended", "access", "referral", "cause")
    ACCESS_NOT_HIM = _act("access:conflict:checked", "access", "account", leaf=WHO_MAY_SEE_CHANGED)
    ACCESS_OPENED = _act("access:grant:opened", "access", "referral", "categories")
    ACCESS_REFUSED = _act("access:step:refused", "refusal")
    ACCESS_STAGED = _act("access:grant:staged", "access", "referral", "categories", "recipient")
    ACCESS_SUBJECT_OPENED = _act("access:subject:opened", "access", "kind")
    ACCOUNT_CODES_MADE = _act("accounts:codes:made", "account")
    ACCOUNT_CODE_USED = _act("accounts:code:used", "account")
    ACCOUNT_FACTOR_SET = _act("accounts:factor:set", "account")
    ACCOUNT_INVITED = _act("accounts:account:invited", "account")
    ACCOUNT_JOINED = _act("accounts:account:joined", "account")
    ACCOUNT_LEFT = _act("accounts:account:left", "account")
    ACCOUNT_LET_IN = _act("accounts:person:let-in", "account")
    ACCOUNT_PLACED = _act("accounts:account:placed", "account")
    ACCOUNT_MADE = _act("accounts:account:made", "account")
    ACCOUNT_PASSKEY_ENDED = _act("accounts:passkey:ended", "account")
    ACCOUNT_PASSKEY_MADE = _act("accounts:passkey:made", "account")
    ACCOUNT_PASSWORD_SET = _act("accounts:password:set", "account")
    ACCOUNT_ROLE_GIVEN = _act("accounts:role:given", "account")
    ACCOUNT_SIGN_IN_REFUSED = _act("accounts:session:refused", "account")
    ACCOUNT_SIGNED_IN = _act("accounts:session:started", "account")
    ACCOUNT_SIGNED_OUT = _act("accounts:session:ended", "account")
    CASE_CLOSED = _act("cases:file:closed", "case", "reason")
    CASE_FACTS_CHANGED = _act("cases:facts:changed", "case", "facts")
    BREACH_CLOSED = _act("rights:breach:closed", "breach")
    BREACH_LOOKED = _act("rights:breach:read", "view")
    BREACH_RECORDED = _act("rights:breach:recorded", "breach")
    BREACH_TOLD = _act("rights:breach:told", "breach")
    CATEGORY_ERASED = _act("cases:category:erased", "erasure")
    CASE_LINKED = _act("cases:link:made", "case")
    CASE_UNLINKED = _act("cases:link:ended", "case")
    CASE_OPENED = _act("cases:file:opened", "case", "regulation")
    CASE_TEAM_CHANGED = _act("cases:team:changed", "access", "account", "duty", leaf=WHO_MAY_SEE_CHANGED)
    CONSENT_ENDED = _act("consent:consent:withdrawn", "consent", "consents", "via")
    CONSENT_GIVEN = _act("consent:consent:given", "consent", "consent", "purpose", "service", "recipient", "categories")
    CONSENT_IMPORTED = _act("consent:document:imported", "consent", "import", "outcome", "why")
    CONSENT_IMPORT_SETTLED = _act("consent:document:settled", "consent", "import", "outcome")
    CONSENT_REPLACED = _act("consent:consent:replaced", "consent", "consent", "by", "dropped")
    REFERRAL_REBASED = _act("referrals:basis:replaced", "referral", "consent", "by")
    CONSENT_RECEIPT = _act("consent:receipt:made", "export", "consent")
    CONTACT_RECORDED = _act("intake:contact:recorded", "contact")
    DATABASE_UPGRADED = _act("hub:database:upgraded", "hub")
    DIRECTORY_ADOPTED = _act("directory:agency:adopted", "directory")
    PLACES_SET = _act("directory:places:set", "directory")
    ERASURE_APPROVED = _act("audit:erasure:approved", "approval")
    BACKUP_MADE = _act("hub:backup:made", "hub")
    BACKUP_DRILLED = _act("hub:backup:drilled", "hub")
    BACKUP_RESTORED = _act("hub:backup:restored", "hub")
    KEYRING_EXPORTED = _act("vault:keyring:exported", "hub")
    KEYRING_ROTATED = _act("vault:keyring:rotated", "hub")
    KEYRING_ROTATION_BEGUN = _act("vault:rotation:begun", "hub")
    LOG_ENTRIES_READ = _act("audit:entries:read", "export")
    LOG_OPENED = _act("audit:log:opened", "hub")
    LOG_RECOVERED = _act("audit:log:recovered", "hub")
    OPERATOR_ENROLLED = _act("access:operator:enrolled", "hub")
    LOG_CASE_CHECKED = _act("audit:case:verified", "log")
    LOG_CASE_READ = _act("audit:case:read", "log")
    LOG_CASE_PRINTED = _act("audit:case:printed", "log")
    LOG_EXPORTED = _act("audit:log:exported", "log")
    LOG_READ = _act("audit:log:read", "log")
    DRAFT_ERASED = _act("referrals:draft:erased", "referral", "referral")
    EMERGENCY_GIVEN_BACK = _act("emergency:work:given-back", "emergency", "account")
    EMERGENCY_INFORMED = _act("emergency:survivor:told", "emergency", "act")
    EMERGENCY_OPENED = _act("emergency:case:opened", "emergency", "act", "ground", "categories", "until")
    EMERGENCY_REVIEWED = _act("emergency:review:done", "emergency", "act", "outcome")
    EMERGENCY_SENT = _act(
        "emergency:disclosure:sent", "emergency", "act", "ground", "categories", "recipient", "referral", "inform"
    )
    EMERGENCY_READ = _act("emergency:reason:read", "view")
    EMERGENCY_TOLD = _act("emergency:approver:noted", "emergency", "act")
    COVER_ARRANGED = _act("liaisons:cover:arranged", "duty")
    COVER_ENDED = _act("liaisons:cover:ended", "duty")
    DEADLINE_PASSED = _act(
        "referrals:deadline:passed", "referral", "referral", "clock", "step", "position", "side", "role"
    )
    DUTY_ARRANGED = _act("liaisons:duty:arranged", "duty")
    DUTY_ENDED = _act("liaisons:duty:ended", "duty")
    OUTREACH_RECORDED = _act("outreach:activity:recorded", "outreach")
    PAYLOADS_ERASED = _act("audit:payloads:erased", "erasure")
    PERPETRATOR_OPENED = _act("perpetrators:record:opened", "perpetrator", "regulation")
    PERPETRATOR_SAME = _act("perpetrators:person:found", "perpetrator")
    PROOF_TAKEN = _act("audit:proof:taken", "export", "entry")
    REFERRAL_ASSIGNED = _act("referrals:referral:assigned", "referral", "referral", "account", "how")
    REFERRAL_STEPPED = _act(
        "referrals:referral:stepped", "referral", "referral", "verb", "from", "to", "reason", "outcome"
    )
    REFERRAL_VIEWED = _act("referrals:referral:viewed", "view")
    REFERRALS_LISTED = _act("referrals:list:shown", "view")
    BOARD_READ = _act("referrals:board:shown", "view")
    BOARD_TAKEN = _act("referrals:board:taken", "export")
    REGISTER_IMPORTED = _act("intake:register:imported", "register")
    REGULATION_ADOPTED = _act("regulation:version:adopted", "regulation")
    REPORT_MADE = _act("reports:report:made", "report")
    ERASURE_PROPOSED = _act("rights:erasure:proposed", "rights", "request", "categories")
    ERASURE_AGREED = _act("rights:erasure:approved", "rights", "request", "categories")
    RIGHTS_ANSWERED = _act("rights:request:answered", "rights", "request", "outcome")
    RIGHTS_ASKED = _act("rights:request:recorded", "rights", "request")
    RIGHTS_CONFIRMED = _act("rights:request:confirmed", "rights", "request")
    RIGHTS_LOOKED = _act("rights:request:read", "view")
    URGENCY_LOWERED = _act("referrals:urgency:lowered", "referral", "referral", "from", "to")
    CASES_SEARCHED = _act("cases:search:made", "view")
    SECTIONS_ERASED = _act("cases:sections:erased", "section", "categories", "ground")
    FACTS_ERASED = _act("cases:facts:erased", "case", "facts")
    CONTACT_DE_IDENTIFIED = _act("intake:contact:de-identified", "contact")
    RETENTION_LOOKED = _act("rights:retention:read", "view")
    SECTIONS_READ = _act(_OPENED, "read", "categories", "referral")
    SECTIONS_WRITTEN = _act("cases:sections:written", "section", "categories")
    SURVIVOR_REACHED = _act("cases:survivor:reached", "view", "way")
    SERVICE_RECORDED = _act("cases:service:recorded", "service", "service", "outcome")
    HOLD_PLACED = _act("consent:hold:placed", "hold")
    HOLD_LIFTED = _act("consent:hold:lifted", "hold", "outcome")
    STOP_HEARD = _act("consent:call:heard", "stop", "by")
    TASK_OPENED = _act("tasks:task:opened", "task", "task", "kind", "agency")
    TASK_DONE = _act("tasks:task:done", "task", "task", "outcome", "categories")
    WITNESSES_CHANGED = _act("audit:witnesses:changed", "hub")


#: What a leaf calls an act -> the kind of its entry.
KIND_OF_LEAF = {act.value.leaf: act.value.kind for act in Act}
