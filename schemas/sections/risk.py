"""The level of risk and the signs that others must know to protect her."""

from schemas.fields import Code, Flag
from schemas.sections.base import SectionSchema


class Risk(SectionSchema):
    """The level of risk and the signs that others must know to protect her."""

    risk_level = Code("risk_levels", "Mức độ nguy cơ", "Level of risk")
    weapon = Flag("Vũ khí, hung khí", "Weapon")
    threat_to_kill = Flag("Dọa giết", "Threat to kill")
    suicide_risk = Flag("Nguy cơ tự sát", "Risk of suicide")
    pregnant = Flag("Đang mang thai", "Pregnant")
    children_at_risk = Flag("Trẻ em gặp nguy hiểm", "Children at risk")
