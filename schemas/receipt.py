"""The receipt of a consent as JSON: the mandatory fields of ISO/IEC TS 27560:2023, and where its proof lies.

Codes of the regulation and ids of agencies; no name of the person it is about, nothing of what was recorded.
"""

from marshmallow import RAISE, Schema, fields, validate

VERSION = "ISO/IEC TS 27560:2023"
STATES = ("given", "withdrawn", "expired")


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class PartySchema(_Strict):
    """Somebody the receipt names: the agency that keeps the data, and who receives it."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, validate=validate.Length(min=1))
    type = fields.String(required=True)
    contact = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)


class PiiSchema(_Strict):
    """A category of personal data. ``sensitive``: PDPL2025 counts it as sensitive."""

    pii_type = fields.String(required=True)
    sensitive = fields.Boolean(required=True)


class ProcessingSchema(_Strict):
    """What was agreed to: one purpose, one recipient."""

    privacy_notice = fields.String(required=True)
    language = fields.String(required=True, validate=validate.OneOf(["vi", "en"]))
    purpose = fields.String(required=True)
    service = fields.String(required=True)
    lawful_basis = fields.Constant("consent", required=True)
    pii_information = fields.List(fields.Nested(PiiSchema), required=True, validate=validate.Length(min=1))
    pii_controllers = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1))
    recipient_third_parties = fields.List(fields.UUID(), required=True)
    storage_locations = fields.List(fields.String(), required=True, validate=validate.Length(min=1))
    retention_period = fields.String(required=True)
    jurisdiction = fields.Constant("VN", required=True)
    withdrawal_method = fields.String(required=True)


class EventSchema(_Strict):
    """What happened to the consent, with its instant; ``valid_until``: when it ends by itself."""

    event_time = fields.AwareDateTime(format="iso", required=True)
    event_type = fields.String(required=True)
    event_state = fields.String(required=True, validate=validate.OneOf(STATES))
    entity_id = fields.String(required=True)
    valid_until = fields.AwareDateTime(format="iso", required=True)


class ProofSchema(_Strict):
    """The entry of the log that recorded it, and where its proof is taken from."""

    entry = fields.UUID(required=True)
    url = fields.String(required=True)


class ReceiptSchema(_Strict):
    """One receipt of one consent."""

    schema_version = fields.Constant(VERSION, required=True)
    receipt_id = fields.UUID(required=True)
    record_id = fields.UUID(required=True)
    pii_principal_id = fields.String(required=True)
    pii_processing = fields.List(fields.Nested(ProcessingSchema), required=True, validate=validate.Length(min=1))
    party_identification = fields.List(fields.Nested(PartySchema), required=True, validate=validate.Length(min=1))
    events = fields.List(fields.Nested(EventSchema), required=True, validate=validate.Length(min=1))
    proof = fields.Nested(ProofSchema, required=True, allow_none=True)
