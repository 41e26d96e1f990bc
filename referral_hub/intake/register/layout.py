"""The form of the register: its sheets, and what the reader has to know about their columns.

Which columns there are and what each holds is data of the regulation (`import_columns`); here stand only the names of
those that the reader treats in a way of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

CALLS, FILES, REFERRALS = "Tong_dai", "Ho_so", "Chuyen_gui"
PERPETRATORS, OUTREACH = "Nguoi_gay_bao_luc", "Truyen_thong"

NUMBER = "STT"
FILE_CODE = "Mã hồ sơ"
RELATED_FILE_CODE = "Mã hồ sơ liên quan"
NAME = "Họ và tên"
BIRTH_YEAR = "Năm sinh"
SEX = "Giới tính"
AREA = "Địa bàn"
GBV_TYPE = "Loại bạo lực"
RELATIONSHIP = "Quan hệ với người gây bạo lực"
SAFE_PHONE = "Điện thoại an toàn"
SAFE_TIMES = "Giờ gọi an toàn"
RISK = "Mức độ nguy cơ"
CHILDREN = "Số con"
CALLED_AT = "Ngày giờ"
CHANNEL = "Kênh tiếp nhận"
CALLER = "Người gọi"
OUTCOME = "Kết quả xử lý"
HEARD_OF = "Biết đến qua"
OPENED_AT = "Ngày mở hồ sơ"
ON_SITE = "Hỗ trợ tại chỗ"
SENT_AT = "Ngày chuyển"
SERVICE = "Dịch vụ"
RECIPIENT = "Cơ quan nhận"
AGREED_CATEGORIES = "Thông tin đồng ý chia sẻ"
CONSENT_METHOD = "Hình thức đồng ý"
ACCEPTED_AT = "Ngày tiếp nhận"
RESULT = "Kết quả"
ENDED_AT = "Ngày kết thúc"
WORKED_AT = "Ngày làm việc"
CONTENT = "Nội dung"
HELD_AT = "Ngày"
OUTREACH_CHANNEL = "Kênh"
REACHED = "Số lượt tiếp cận"

REQUIRED_SHEETS = (CALLS, FILES)

# What makes a row this row and no other. A file is referred twice on one day when the first agency declines.
IDENTITY: Mapping[str, tuple[str, ...]] = {
    CALLS: (NUMBER,),
    FILES: (FILE_CODE,),
    REFERRALS: (FILE_CODE, SERVICE, SENT_AT, RECIPIENT),
    PERPETRATORS: (NUMBER,),
    OUTREACH: (NUMBER,),
}

# Without these a row says nothing that could be kept or counted; every other cell may be empty.
NEEDED: Mapping[str, tuple[str, ...]] = {
    CALLS: (NUMBER, CALLED_AT, CHANNEL, CALLER),
    FILES: (FILE_CODE, NAME, OPENED_AT),
    REFERRALS: (FILE_CODE, SENT_AT, SERVICE, RECIPIENT),
    PERPETRATORS: (NUMBER, NAME, WORKED_AT, CONTENT),
    OUTREACH: (NUMBER, HELD_AT, OUTREACH_CHANNEL),
}

SEVERAL = frozenset({(FILES, ON_SITE), (REFERRALS, AGREED_CATEGORIES)})  # cells that may name several codes
TELEPHONES = frozenset({SAFE_PHONE})
MOST: Mapping[str, int] = {CHILDREN: 20}  # as many as the section about children holds

REFERS_TO_FILE: Mapping[str, str] = {CALLS: FILE_CODE, REFERRALS: FILE_CODE, PERPETRATORS: RELATED_FILE_CODE}
SAME_PERSON = (SEX, BIRTH_YEAR, AREA, GBV_TYPE, RELATIONSHIP)  # columns that a call and its file both have

# Cells about people, or where people are often written in: never quoted, whatever stands in them.
NEVER_QUOTED = frozenset({"caller_kinds", "relationships", "agency_types"})
