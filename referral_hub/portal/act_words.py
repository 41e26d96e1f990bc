"""What each act of the log is called, as people say it. Reusable wherever an entry is shown; a test walks every act."""

from referral_hub.audit.acts import WHO_MAY_SEE_CHANGED
from referral_hub.audit.reading import UNREADABLE
from referral_hub.portal.language import _


def act_words(code: str) -> str:
    """The act with this code, as what somebody did; an unknown one keeps its code (an entry is never left out)."""
    return _about_the_case().get(code) or _about_the_hub().get(code) or code


def kind_words(kind: str) -> str:
    """A group of acts, for the filter."""
    return {
        "access": _("Access given or ended"),
        "account": _("Accounts and sign-in"),
        "approval": _("Approvals"),
        "case": _("The case itself"),
        "consent": _("Consent"),
        "contact": _("First contacts"),
        "directory": _("Directory"),
        "duty": _("Duty and cover"),
        "emergency": _("Emergencies"),
        "erasure": _("Erasure"),
        "export": _("Taken away"),
        "hold": _("Waiting for a call back"),
        "hub": _("Running the hub"),
        "log": _("Reading the log"),
        "outreach": _("Outreach"),
        "perpetrator": _("Work with persons who used violence"),
        "read": _("Information opened"),
        "referral": _("Steps of referrals"),
        "refusal": _("Refused attempts"),
        "register": _("Register imports"),
        "regulation": _("Regulation"),
        "report": _("Reports"),
        "section": _("Information written"),
        "service": _("Services"),
        "stop": _("Calls that say stop"),
        "task": _("Tasks"),
        "view": _("Pages seen"),
    }.get(kind, kind)


def _about_the_case() -> dict[str, str]:
    return {
        UNREADABLE: _("Cannot be read any more: check the log"),
        WHO_MAY_SEE_CHANGED: _("Changed who may see the record"),
        "access:conflict:checked": _("Checked that a colleague is not the person who was described"),
        "access:conflict:declared": _("Said: I must not work on this case"),
        "access:denial:lifted": _("Ended a wish that somebody sees nothing"),
        "access:denial:recorded": _("Recorded whom she does not want to see anything"),
        "access:denials:read": _("Looked at whom she does not want to see anything"),
        "access:grant:ended": _("Access ended"),
        "access:grant:opened": _("Access opened to the receiving agency"),
        "access:grant:staged": _("Prepared what the receiving agency may see"),
        "access:step:refused": _("Tried to open or change something and was refused"),
        "access:subject:opened": _("Opened the record and its keys"),
        "audit:case:read": _("Read the access log of the case"),
        "audit:case:verified": _("Checked the access log of the case"),
        "audit:erasure:approved": _("Approved the erasure of what the log says"),
        "audit:log:exported": _("Took the log away as a file"),
        "audit:payloads:erased": _("Erased what the log says about the case"),
        "audit:proof:taken": _("Took away the proof of an entry"),
        "cases:survivor:reached": _("Asked whether she can be reached safely now"),
        "consent:consent:replaced": _("Asked her again: a new consent takes the place of the old one"),
        "referrals:basis:replaced": _("Running referrals rest on the new consent"),
        "cases:facts:changed": _("Changed the facts of the case"),
        "cases:file:closed": _("Closed the case"),
        "cases:file:opened": _("Opened the case"),
        "cases:link:made": _("Linked the case with another"),
        "cases:link:ended": _("Ended a link with another case"),
        "cases:sections:read": _("Opened information"),
        "cases:sections:written": _("Wrote information"),
        "cases:service:recorded": _("Recorded a service"),
        "cases:team:changed": _("Changed the case team"),
        "consent:consent:given": _("Recorded her consent"),
        "consent:consent:withdrawn": _("Recorded that she withdrew her consent"),
        "consent:document:imported": _("Took in a consent that was written elsewhere"),
        "consent:document:settled": _("Asked her about a consent that was written elsewhere"),
        "emergency:approver:noted": _("Took note of a disclosure in an emergency"),
        "emergency:case:opened": _("Opened the case in an emergency"),
        "emergency:disclosure:sent": _("Sent information in an emergency, without her consent"),
        "emergency:reason:read": _("Read the reason of an emergency"),
        "emergency:review:done": _("Reviewed what was done in an emergency"),
        "emergency:survivor:told": _("Recorded that she was told of it"),
        "emergency:work:given-back": _("Gave a colleague the work back"),
        "intake:contact:recorded": _("Recorded a first contact"),
        "perpetrators:record:opened": _("Opened a record of a person who used violence"),
        "perpetrators:person:found": _("Found that two records are of one person"),
        "referrals:deadline:passed": _("A deadline passed"),
        "consent:receipt:made": _("Made a confirmation slip for her"),
        "consent:call:heard": _("Heard somebody say stop"),
        "consent:hold:placed": _("Nothing is shared until she was called back"),
        "consent:hold:lifted": _("She was called back"),
        "tasks:task:opened": _("Asked somebody to do something"),
        "tasks:task:done": _("Did what was asked"),
        "referrals:referral:assigned": _("Gave a referral to a colleague"),
        "referrals:referral:stepped": _("Took a step of a referral"),
        "referrals:referral:viewed": _("Looked at the page of a referral"),
        "referrals:urgency:lowered": _("Lowered the urgency of a referral"),
    }


def _about_the_hub() -> dict[str, str]:
    return {
        "access:operator:enrolled": _("Gave this machine's command line its key"),
        "accounts:account:made": _("Made an account"),
        "accounts:role:given": _("Gave a role"),
        "accounts:session:ended": _("Signed out"),
        "accounts:session:refused": _("A sign-in was refused"),
        "accounts:session:started": _("Signed in"),
        "audit:entries:read": _("Took away entries of the log as files"),
        "audit:log:read": _("Read the log as an auditor"),
        "audit:log:opened": _("Opened the log"),
        "audit:log:recovered": _("Brought the log back after a restore"),
        "audit:witnesses:changed": _("Changed who witnesses the log"),
        "directory:agency:adopted": _("Changed the directory"),
        "hub:database:upgraded": _("Brought the database up to date"),
        "intake:register:imported": _("Imported a register"),
        "liaisons:cover:arranged": _("Arranged who stands in for whom"),
        "liaisons:duty:arranged": _("Arranged who is on duty"),
        "outreach:activity:recorded": _("Recorded an outreach activity"),
        "cases:search:made": _("Searched"),
        "referrals:list:shown": _("Looked at a list of referrals"),
        "regulation:version:adopted": _("Put a version of the regulation into force"),
        "reports:report:made": _("Made a report"),
        "hub:backup:made": _("Made a backup"),
        "hub:backup:restored": _("Restored a backup"),
        "vault:keyring:exported": _("Wrote the keys on paper"),
        "vault:keyring:rotated": _("Rotated the keys"),
        "vault:rotation:begun": _("Began to rotate the keys"),
    }
