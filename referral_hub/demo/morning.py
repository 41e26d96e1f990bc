"""This morning: six things that happened a little while ago, each done by the people concerned."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from referral_hub.access.actors import Actor
from referral_hub.cases.facts import CaseFacts
from referral_hub.cases.models import CaseFile
from referral_hub.cases.service import open_case
from referral_hub.consent.queries import of_case
from referral_hub.consent.rules import NewConsent
from referral_hub.consent.service import give, withdraw
from referral_hub.directory.queries import agency_by_code
from referral_hub.kernel.db import db
from referral_hub.referrals.drafting import NewReferral, send
from referral_hub.referrals.rules import Step
from referral_hub.referrals.stepping import step
from referral_hub.regulation import store

Acting = Callable[[str], AbstractContextManager[Actor]]

SUPERVISOR = "hung.pham@anh-duong.example"
CASEWORKER = "lan.nguyen@anh-duong.example"
COLLEAGUE = "thao.bui@anh-duong.example"
POLICE = "cuong.ngo@cong-an-tinh.example"
LEGAL_AID = "chau.nghiem@tro-giup-phap-ly.example"
HOSPITAL = "duc.bui@benh-vien-tinh.example"
WOMENS_UNION = "nguyet.bach@hoi-phu-nu.example"


@dataclass(frozen=True, slots=True)
class Asked:
    """One agency asked for one service, and what she lets it see."""

    agency: str
    service: str
    categories: tuple[str, ...]


def play(acting: Acting, now: datetime) -> int:
    """Play what was not played yet; how many referrals it made (0 when all was). Each scene opens one case."""
    with acting(SUPERVISOR) as actor:
        played = db.session.scalar(
            select(func.count())
            .select_from(CaseFile)
            .where(CaseFile.owner_id == actor.agency_id, CaseFile.imported.is_(False))
        )
    story = _Story(acting, now)
    return sum(scene(story) for scene in SCENES[played:])


class _Story:
    def __init__(self, acting: Acting, now: datetime) -> None:
        self.acting, self.now = acting, now

    def ago(self, **span: float) -> datetime:
        return self.now - timedelta(**span)

    def case(self, who: str, at: datetime, documents: Mapping[str, Mapping[str, Any]], **facts: Any) -> UUID:
        with self.acting(who) as actor:
            return open_case(actor, CaseFacts(received_at=at, **facts), documents, now=at)

    def ask(self, who: str, at: datetime, case_id: UUID, *asked: Asked, urgency: str | None = None) -> tuple[UUID, ...]:
        """Record her consent for each agency, then send to all of them at once."""
        with self.acting(who) as actor:
            _id, regulation = store.in_force(at)
            new = []
            for one in asked:
                to = agency_by_code(one.agency)
                row = regulation.need_to_know(one.service, to.type)
                assert row is not None
                consent = NewConsent(
                    purpose=row.purpose,
                    service=one.service,
                    recipient_id=to.id,
                    categories=frozenset(one.categories),
                    named=frozenset(one.categories) & row.ask,
                    method="paper_signed",
                    evidence={"scan_hash": "0" * 64},
                )
                give(actor, case_id, consent, now=at)
                new.append(NewReferral(case_id, to.id, one.service, urgency))
            return send(actor, new, now=at)

    def answer(self, who: str, at: datetime, referral_id: UUID, *steps: Step) -> None:
        for one in steps:
            with self.acting(who) as actor:
                step(actor, referral_id, one, now=at)


def unanswered_and_overdue(story: _Story) -> int:
    """Legal aid was asked six days ago and has not answered."""
    at = story.ago(days=6)
    case_id = story.case(
        CASEWORKER,
        at,
        {
            "identity": {"full_name": "Phùn Thị Mỷ", "date_of_birth": "1994"},
            "contact": {"safe_phone": "0203000101", "safe_times": "8:00-10:30 ngày thường", "pretext": "Hội phụ nữ xã"},
            "demographics_min": {"age_band": "b25_39", "sex": "female"},
            "incident_summary": {"gbv_type": "denial_of_resources", "relationship": "spouse"},
            "eligibility": {"near_poor": True},
            "legal": {"proceedings": "Muốn ly hôn, chưa nộp đơn"},
        },
        sex="female",
        birth_year=1994,
        age_band="b25_39",
        gbv_type="denial_of_resources",
        relationship="spouse",
        risk_level="medium",
    )
    wanted = ("identity", "contact", "demographics_min", "eligibility", "legal", "incident_summary")
    return len(story.ask(CASEWORKER, at, case_id, Asked("tro-giup-phap-ly", "S7", wanted)))


def waiting_in_preview(story: _Story) -> int:
    """The police were asked four minutes ago and see the preview."""
    at = story.ago(minutes=4)
    case_id = story.case(
        CASEWORKER,
        at,
        {
            "identity": {"full_name": "Triệu Thị Nái", "date_of_birth": "1989-03-12"},
            "contact": {
                "safe_phone": "0203000102",
                "safe_times": "Chỉ gọi khi chị nhắn trước",
                "may_leave_message": False,
                "pretext": "Trạm y tế nhắc lịch tiêm",
            },
            "demographics_min": {"age_band": "b25_39", "sex": "female"},
            "incident_summary": {"gbv_type": "physical_assault", "relationship": "spouse", "dv_acts": ["a", "p"]},
            "risk": {"risk_level": "extreme", "weapon": True, "threat_to_kill": True, "children_at_risk": True},
            "perpetrator": {"name": "Triệu Văn Phú", "relation": "spouse"},
            "medical": {"injuries": "Vết thương ở cánh tay trái"},
        },
        sex="female",
        birth_year=1989,
        age_band="b25_39",
        gbv_type="physical_assault",
        relationship="spouse",
        risk_level="extreme",
    )
    wanted = ("identity", "contact", "demographics_min", "risk", "incident_summary")
    return len(story.ask(CASEWORKER, at, case_id, Asked("cong-an-tinh", "J8", wanted)))


def accepted(story: _Story) -> int:
    """Legal aid accepted yesterday and has begun."""
    at = story.ago(days=1, hours=20)
    case_id = story.case(
        COLLEAGUE,
        at,
        {
            "identity": {"full_name": "Lục Thị Hiên", "date_of_birth": "1979"},
            "contact": {"safe_phone": "0203000103", "safe_times": "Buổi tối sau 20:00", "may_leave_message": True},
            "demographics_min": {"age_band": "b40_59", "sex": "female"},
            "incident_summary": {"gbv_type": "psychological", "relationship": "ex_spouse"},
            "legal": {"proceedings": "Tranh chấp quyền nuôi con"},
            "psychosocial": {"needs_summary": "Cần người đồng hành khi ra tòa"},
        },
        sex="female",
        birth_year=1979,
        age_band="b40_59",
        gbv_type="psychological",
        relationship="ex_spouse",
        risk_level="low",
    )
    asked = Asked("tro-giup-phap-ly", "S7", ("identity", "contact", "demographics_min", "legal", "incident_summary"))
    (referral_id,) = story.ask(COLLEAGUE, at, case_id, asked)
    story.answer(LEGAL_AID, story.ago(days=1, hours=2), referral_id, Step("accept"))
    story.answer(LEGAL_AID, story.ago(hours=3), referral_id, Step("start"))
    return 1


def declined(story: _Story) -> int:
    """The women's union has no means left: another provider must be found."""
    at = story.ago(days=2)
    case_id = story.case(
        CASEWORKER,
        at,
        {
            "identity": {"full_name": "Đặng Thị Mùi", "date_of_birth": "1998"},
            "contact": {"safe_phone": "0203000104", "safe_times": "Giờ hành chính"},
            "eligibility": {"poor_household": True},
            "residence": {"commune_code": "06862"},
        },
        sex="female",
        birth_year=1998,
        age_band="b25_39",
        gbv_type="denial_of_resources",
        relationship="in_law",
        risk_level="low",
    )
    asked = Asked("hoi-phu-nu", "S12", ("identity", "contact", "eligibility", "residence"))
    (referral_id,) = story.ask(CASEWORKER, at, case_id, asked)
    story.answer(WOMENS_UNION, story.ago(hours=5), referral_id, Step("decline", reason="no_capacity"))
    return 1


def withdrawn_an_hour_ago(story: _Story) -> int:
    """Police and legal aid had accepted; an hour ago she called and said stop."""
    at = story.ago(days=1, hours=6)
    case_id = story.case(
        CASEWORKER,
        at,
        {
            "identity": {"full_name": "Hoàng Thị Liễu", "date_of_birth": "1996"},
            "contact": {"safe_phone": "0203000105", "safe_times": "Buổi trưa"},
            "demographics_min": {"age_band": "b25_39", "sex": "female"},
            "incident_summary": {"gbv_type": "physical_assault", "relationship": "partner"},
        },
        sex="female",
        birth_year=1996,
        age_band="b25_39",
        gbv_type="physical_assault",
        relationship="partner",
        risk_level="medium",
    )
    wanted = ("identity", "contact", "demographics_min", "incident_summary")
    police, legal_aid = story.ask(
        CASEWORKER, at, case_id, Asked("cong-an-tinh", "J2", wanted), Asked("tro-giup-phap-ly", "S7", wanted)
    )
    story.answer(POLICE, story.ago(days=1, hours=4), police, Step("accept"))
    story.answer(LEGAL_AID, story.ago(days=1, hours=1), legal_aid, Step("accept"))
    said = story.ago(hours=1)
    with story.acting(CASEWORKER) as actor:
        for view in of_case(actor, case_id):
            withdraw(actor, view.fact.id, wish="Chị muốn dừng lại và suy nghĩ thêm", now=said)
    return 2


def to_three_at_once(story: _Story) -> int:
    """Hospital, ward police and legal aid were asked together; the hospital has accepted."""
    at = story.ago(hours=2)
    case_id = story.case(
        COLLEAGUE,
        at,
        {
            "identity": {"full_name": "Voòng Thị Sáu", "date_of_birth": "2001"},
            "contact": {"safe_phone": "0203000106", "safe_times": "Bất cứ lúc nào", "may_leave_message": False},
            "demographics_min": {"age_band": "b25_39", "sex": "female"},
            "incident_summary": {"gbv_type": "physical_assault", "relationship": "spouse", "dv_acts": ["a", "b"]},
            "risk": {"risk_level": "high", "threat_to_kill": True},
            "medical": {"injuries": "Đau đầu, chóng mặt sau khi bị đánh"},
        },
        sex="female",
        birth_year=2001,
        age_band="b25_39",
        gbv_type="physical_assault",
        relationship="spouse",
        risk_level="high",
    )
    shared = ("identity", "contact", "demographics_min", "incident_summary")
    hospital, police, legal_aid = story.ask(
        COLLEAGUE,
        at,
        case_id,
        Asked("benh-vien-tinh", "H3", (*shared, "medical")),
        Asked("cong-an-hong-gai", "J8", (*shared, "risk")),
        Asked("tro-giup-phap-ly", "S7", shared),
    )
    story.answer(HOSPITAL, story.ago(minutes=80), hospital, Step("acknowledge"), Step("accept"))
    return len((hospital, police, legal_aid))


SCENES = (
    unanswered_and_overdue,
    waiting_in_preview,
    accepted,
    declined,
    withdrawn_an_hour_ago,
    to_three_at_once,
)
