"""The page of a receipt asks first, and betrays nothing."""

import json
from typing import Any

from schemas.receipt import ReceiptSchema
from tests.conftest import Acting
from tests.portal.browsing import text_of
from tests.portal.conftest import SignedIn
from tests.story import accepted_by

LAN = "lan@anh-duong"


def test_the_page_asks_first_and_its_paper_and_file_are_neutral(acting: Acting, signed_in: SignedIn) -> None:
    told = accepted_by(acting)
    lan = signed_in(LAN)
    path = f"/cases/{told.case}/consents/{told.consent}/receipt"
    asked = lan.get(path)
    assert "Công an" not in text_of(asked).split("Giấy xác nhận")[2].split("Nếu có người")[0]
    sheet: Any = lan.post(path)
    words = text_of(sheet)
    assert "Nhân thân" in words
    assert "Nguyễn Thị Hoa" not in words
    assert "<title>Giấy xác nhận" in sheet.get_data(as_text=True)
    taken = lan.post(path, {"as": "json"})
    ReceiptSchema().load(json.loads(taken.get_data(as_text=True)))
    name = taken.headers["Content-Disposition"]
    assert "cong-an" not in name
    assert "anh-duong" not in name
