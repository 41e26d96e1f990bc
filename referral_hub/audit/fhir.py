"""Entries of the log in the words of hospitals: FHIR R4 AuditEvent, with the profiles of IHE BALP where one fits. Pure.

An export, not what is logged: the leaf of the log stays the envelope, and a proof is of the envelope alone. Everybody
stays as pseudonymous here as there. The profiles claimed are ``PatientRead`` (a reading inside the owner's agency),
``PrivacyDisclosure.Source`` (access opened to a recipient) and ``PrivacyDisclosure.Recipient`` (a recipient's reading).
They ask for network addresses, which the hub does not write down: those are marked as masked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from referral_hub.audit.acts import HAPPENING

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
RESTFUL = "http://hl7.org/fhir/restful-interaction"
PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."

_TERMS = "http://terminology.hl7.org/CodeSystem/"
_EVENT_TYPE = _TERMS + "audit-event-type"
_ENTITY_TYPE = _TERMS + "audit-entity-type"
_ROLE = _TERMS + "object-role"
_PARTICIPATION = _TERMS + "v3-ParticipationType"
_SOURCE_TYPE = _TERMS + "security-source-type"
_MASKED = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]}
_OUTCOMES = {"ok": ("0", "Success"), "denied": ("4", "Minor failure"), "error": ("8", "Serious failure")}
_NOBODY = "00000000-0000-0000-0000-000000000000"

SubjectKind = Literal["case", "contact", "perpetrator", "unknown"]
"""What an entry's subject is; only a case or a contact is a patient in FHIR's sense. An envelope does not say it: where
it is unknown, an entry is about a patient when its kind leaves no doubt."""

_Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """How an act or a kind of act looks in FHIR: codes as (system, code, display), ``action`` one of C R U D E."""

    type: tuple[str, str, str]
    action: str
    subtype: tuple[str, str, str] | None = None
    about_person: bool = True


def _life(code: str, display: str) -> tuple[str, str, str]:
    return LIFECYCLE, code, f"{display} Record Lifecycle Event"


_RECORD = (DICOM, "110110", "Patient Record")
_REST = (_EVENT_TYPE, "rest", "Restful Operation")
_EXPORT = (DICOM, "110106", "Export")
_IMPORT = (DICOM, "110107", "Import")
_USERS = (DICOM, "110114", "User Authentication")
_ALERT = (DICOM, "110113", "Security Alert")
_APPLICATION = (DICOM, "110100", "Application Activity")
_LOG = (DICOM, "110101", "Audit Log Used")
_ACCESS = _life("access", "Access/View")
_AMEND = _life("amend", "Amend (Update)")
_ORIGINATE = _life("originate", "Originate/Retain")
_DESTROY = _life("destroy", "Destroy/Delete")
_DISCLOSE = _life("disclose", "Disclose")

# One line for each kind of entry: what an act without a line of its own looks like.
KINDS: Mapping[str, Shape] = {
    "access": Shape(_RECORD, "U", (DICOM, "110136", "Security Roles Changed")),
    "account": Shape(_USERS, "U", (DICOM, "110137", "User security attributes changed"), about_person=False),
    "approval": Shape(_RECORD, "E"),
    "case": Shape(_RECORD, "U", _AMEND),
    "consent": Shape(_RECORD, "U", _AMEND),
    "contact": Shape(_RECORD, "C", _ORIGINATE),
    "directory": Shape(_APPLICATION, "U", about_person=False),
    "duty": Shape(_APPLICATION, "U", about_person=False),
    "emergency": Shape(_RECORD, "E", (DICOM, "110127", "Emergency Override Started")),
    "erasure": Shape(_RECORD, "D", _DESTROY),
    "export": Shape(_EXPORT, "R", about_person=False),
    "hold": Shape(_RECORD, "U", _AMEND),
    "hub": Shape(_APPLICATION, "E", about_person=False),
    "log": Shape(_LOG, "R", about_person=False),
    "outreach": Shape(_APPLICATION, "C", about_person=False),
    "perpetrator": Shape(_RECORD, "C", _ORIGINATE, about_person=False),
    "read": Shape(_REST, "R", (RESTFUL, "read", "read")),
    "referral": Shape(_RECORD, "U", _AMEND),
    "refusal": Shape(_ALERT, "E", (DICOM, "110131", "Unauthorized access attempt"), about_person=False),
    "register": Shape(_IMPORT, "C", about_person=False),
    "regulation": Shape(_APPLICATION, "U", about_person=False),
    "report": Shape(_EXPORT, "R", about_person=False),
    "breach": Shape(_RECORD, "U", _AMEND, about_person=False),
    "rights": Shape(_RECORD, "U", _AMEND),
    "section": Shape(_RECORD, "U", _AMEND),
    "service": Shape(_RECORD, "C", _ORIGINATE),
    "stop": Shape(_RECORD, "U", _AMEND),
    "task": Shape(_RECORD, "U", _AMEND),
    "view": Shape(_RECORD, "R", _ACCESS),
}
# Acts that differ from the others of their kind.
ACTS: Mapping[str, Shape] = {
    "access:grant:opened": Shape(_EXPORT, "R", _DISCLOSE),
    "access:subject:opened": Shape(_RECORD, "C", _ORIGINATE),
    "accounts:account:made": Shape(_USERS, "C", about_person=False),
    "accounts:account:invited": Shape(_USERS, "U", about_person=False),
    "accounts:account:joined": Shape(_USERS, "U", about_person=False),
    "accounts:account:left": Shape(_USERS, "U", about_person=False),
    "accounts:account:placed": Shape(_USERS, "U", about_person=False),
    "accounts:person:let-in": Shape(_USERS, "U", about_person=False),
    "accounts:code:used": Shape(_USERS, "E", (DICOM, "110122", "Login"), about_person=False),
    "accounts:codes:made": Shape(_USERS, "U", about_person=False),
    "accounts:factor:set": Shape(_USERS, "U", about_person=False),
    "accounts:passkey:ended": Shape(_USERS, "U", about_person=False),
    "accounts:passkey:made": Shape(_USERS, "U", about_person=False),
    "accounts:password:set": Shape(_USERS, "U", about_person=False),
    "accounts:session:ended": Shape(_USERS, "E", (DICOM, "110123", "Logout"), about_person=False),
    "accounts:session:refused": Shape(_USERS, "E", (DICOM, "110122", "Login"), about_person=False),
    "accounts:session:started": Shape(_USERS, "E", (DICOM, "110122", "Login"), about_person=False),
    "audit:log:exported": Shape(_EXPORT, "R", about_person=False),
    "cases:file:opened": Shape(_RECORD, "C", _ORIGINATE),
    "consent:consent:given": Shape(_RECORD, "C", _ORIGINATE),
    "emergency:approver:noted": Shape(_RECORD, "U", _AMEND),
    "emergency:disclosure:sent": Shape(_EXPORT, "R", _DISCLOSE),
    "emergency:review:done": Shape(_RECORD, "U", _AMEND),
    "emergency:survivor:told": Shape(_RECORD, "U", _AMEND),
    "emergency:work:given-back": Shape(_RECORD, "U", (DICOM, "110128", "Emergency Override Stopped")),
    "cases:search:made": Shape(_RECORD, "R", _ACCESS, about_person=False),
    "referrals:list:shown": Shape(_RECORD, "R", _ACCESS, about_person=False),
    "referrals:board:shown": Shape(_RECORD, "R", _ACCESS, about_person=False),
    "referrals:board:taken": Shape(_EXPORT, "R", about_person=False),
}
_DISCLOSURES = frozenset({"access:grant:opened", "emergency:disclosure:sent"})
# Kinds that a survivor's record alone has; others may be about a perpetrator's.
_SURVIVORS = frozenset({"case", "consent", "contact", "emergency", "referral", "service", "view"})


def shape_of(act: str, kind: str) -> Shape:
    """How an act looks in FHIR.

    :raises KeyError: neither the act nor its kind has a line; the message names the act.
    """
    shape = ACTS.get(act) or KINDS.get(kind)
    if shape is None:
        raise KeyError(f"{act} (kind {kind}) has no FHIR mapping")
    return shape


def audit_event(
    envelope: Mapping[str, Any],
    kind: str,
    *,
    origin: str,
    payload: Mapping[str, Any] | None = None,
    subject: SubjectKind = "unknown",
    index: int | None = None,
) -> _Json:
    """One entry as a FHIR R4 AuditEvent, ready for ``json.dumps``.

    :param envelope: the entry's fields, see ``docs/adr/0006-audit-entries.md``.
    :param kind: the entry's kind (``ActType.kind``).
    :param origin: the log's origin, a URL without its scheme; identifiers are made below it.
    :param payload: what the entry says beyond its envelope, when the reader may know it and it was not erased.
    :param subject: what the entry is about.
    :param index: its place in the log, once it has one.
    :raises KeyError: an act that is not mapped.
    """
    beyond = dict(payload or {})
    said = {**envelope, "act": beyond.pop(HAPPENING, envelope["act"])}
    shape = shape_of(said["act"], kind)
    sure = subject in ("case", "contact") or (subject == "unknown" and kind in _SURVIVORS)
    is_patient = shape.about_person and sure and envelope["obj"] != _NOBODY
    return _Event(said, beyond, origin, is_patient).build(shape, kind, index)


@dataclass(frozen=True, slots=True)
class _Event:
    said: Mapping[str, Any]
    payload: Mapping[str, Any]
    origin: str
    is_patient: bool

    def build(self, shape: Shape, kind: str, index: int | None) -> _Json:
        profile = self.profile(kind)
        received = profile == "PrivacyDisclosure.Recipient"
        if received:
            shape = Shape(_IMPORT, "C", _DISCLOSE)
        code, display = _OUTCOMES.get(self.said["out"], _OUTCOMES["error"])
        hub = self.reference("Device", "hub", self.origin)
        agency = self.reference("Organization", "agency", self.said["org"])
        event: _Json = {"resourceType": "AuditEvent", "id": self.said["id"]}
        if profile:
            event["meta"] = {"profile": [PROFILE + profile]}
        event["type"] = _coding(*shape.type)
        event["subtype"] = [*([_coding(*shape.subtype)] if shape.subtype else []), self.act()]
        event |= {"action": shape.action, "recorded": self.said["at"], "outcome": code, "outcomeDesc": display}
        if "why" in self.said:
            event["purposeOfEvent"] = [{"coding": [_coding(self.system("purpose"), self.said["why"])]}]
        event["agent"] = self.agents(profile, hub, agency)
        event["source"] = {
            "site": self.origin,
            "observer": agency if received else hub,
            "type": [_coding(_SOURCE_TYPE, "4", "Application Server")],
        }
        event["entity"] = self.entities(shape, index)
        return event

    def profile(self, kind: str) -> str:
        """Which BALP profile the event meets; empty for none. They are of what succeeded, about a patient."""
        if self.said["out"] != "ok" or not self.is_patient:
            return ""
        if self.said["act"] in _DISCLOSURES:
            return "PrivacyDisclosure.Source"
        if kind != "read":
            return ""
        return "PrivacyDisclosure.Recipient" if "referral" in self.payload else "PatientRead"

    def agents(self, profile: str, hub: _Json, agency: _Json) -> list[_Json]:
        """The person, the agency; for a profile also where data came from and went to."""
        person = self.reference("Practitioner", "account", self.said["who"])
        person["identifier"]["assigner"] = agency
        user: _Json = {"who": person, "requestor": True, "policy": [f"{self.system('channel')}/{self.said['via']}"]}
        if profile == "PatientRead":
            user["type"] = {"coding": [_coding(_PARTICIPATION, "IRCP", "information recipient")]}
        if not profile:
            return [user, {"who": agency, "requestor": False}]
        disclosed = profile == "PrivacyDisclosure.Source" and "recipient" in self.payload
        receiver = self.reference("Organization", "agency", self.payload["recipient"]) if disclosed else agency
        return [
            user,
            _end("110153", "Source Role ID", hub),
            _end("110152", "Destination Role ID", receiver),
        ]

    def entities(self, shape: Shape, index: int | None) -> list[_Json]:
        about = self.said["obj"]
        data: _Json = {
            "what": {"identifier": self.identifier("subject", about)},
            "type": _coding(_ENTITY_TYPE, "2", "System Object"),
            "role": _coding(_ROLE, "3", "Report") if shape.type == _EXPORT else _coding(_ROLE, "4", "Domain Resource"),
            "detail": [*self.details(index)],
        }
        entities = [data]
        if self.is_patient:
            patient = {
                "what": self.reference("Patient", "subject", about),
                "type": _coding(_ENTITY_TYPE, "1", "Person"),
                "role": _coding(_ROLE, "1", "Patient"),
            }
            entities.insert(0, patient)
        if "basis" in self.said:
            basis = {"what": {"identifier": self.identifier("basis", self.said["basis"])}, "description": "basis"}
            entities.append(basis | {"type": _coding(_ENTITY_TYPE, "2", "System Object")})
        return entities

    def details(self, index: int | None) -> list[_Json]:
        """How many records, where in the log, and what the payload says, in codes and ids."""
        said = [("records", str(self.said["n"]))]
        if index is not None:
            said.append(("log-index", str(index)))
        for key, value in sorted(self.payload.items()):
            said += [(key, str(one)) for one in (value if isinstance(value, list) else [value]) if str(one)]
        return [{"type": key, "valueString": value} for key, value in said]

    def act(self) -> _Json:
        return _coding(self.system("act"), self.said["act"])

    def reference(self, resource: str, of: str, value: str) -> _Json:
        return {"type": resource, "identifier": self.identifier(of, value)}

    def identifier(self, of: str, value: str) -> _Json:
        return {"system": self.system(of), "value": value}

    def system(self, of: str) -> str:
        return f"https://{self.origin}/fhir/{of}"


def _end(code: str, display: str, who: _Json) -> _Json:
    return {
        "type": {"coding": [_coding(DICOM, code, display)]},
        "who": who,
        "requestor": False,
        "network": _MASKED,
    }


def _coding(system: str, code: str, display: str = "") -> _Json:
    return {"system": system, "code": code} | ({"display": display} if display else {})
