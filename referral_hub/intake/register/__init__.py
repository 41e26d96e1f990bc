"""Reading the registers that the house kept on paper and in spreadsheets. Pure: no database, no clock of its own."""

from referral_hub.intake.register.model import Moment, Register, RegisterUnreadable, Remark, Row, RowFault, Value
from referral_hub.intake.register.reading import read_register

__all__ = ["Moment", "Register", "RegisterUnreadable", "Remark", "Row", "RowFault", "Value", "read_register"]
