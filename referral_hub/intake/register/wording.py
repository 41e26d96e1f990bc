"""The reasons that the reader gives, in Vietnamese and English. None of them has room for a name or a number."""

from __future__ import annotations

from collections.abc import Mapping

UNREADABLE: Mapping[str, tuple[str, str]] = {
    "not-found": ("Không mở được tệp.", "The file cannot be opened."),
    "empty-file": ("Tệp rỗng.", "The file is empty."),
    "not-xlsx": ("Tệp không phải là bảng tính .xlsx.", "The file is not an .xlsx workbook."),
    "old-format": (
        "Tệp ở định dạng .xls cũ; hãy lưu lại thành .xlsx.",
        "The file has the old .xls format; save it as .xlsx.",
    ),
    "encrypted": (
        "Tệp được đặt mật khẩu; hãy bỏ mật khẩu rồi nhập lại.",
        "The file is protected by a password; remove it and try again.",
    ),
    "too-large": (
        "Tệp quá lớn sau khi giải nén; hãy chia nhỏ tệp.",
        "The file is too large once unpacked; split it.",
    ),
    "too-many-rows": ("Tệp có quá nhiều dòng; hãy chia nhỏ tệp.", "The file has too many rows; split it."),
    "unsafe": ("Tệp chứa phần không an toàn, không mở.", "The file holds an unsafe part and was not opened."),
    "damaged": ("Tệp bị hỏng, không đọc được.", "The file is damaged and cannot be read."),
}

FAULTS: Mapping[str, tuple[str, str]] = {
    "sheet-missing": ("Thiếu trang tính này", "This sheet is missing"),
    "sheet-twice": ("Có hai trang tính cùng tên này", "Two sheets have this name"),
    "header-missing": ("Không tìm thấy dòng tiêu đề cột", "The row with the column headings was not found"),
    "column-missing": ("Thiếu cột này; cả trang tính không được đọc", "This column is missing; the sheet was not read"),
    "column-twice": (
        "Cột này có hai lần; cả trang tính không được đọc",
        "This column stands twice; the sheet was not read",
    ),
    "empty": ("Ô này cần có nội dung", "This cell must not be empty"),
    "unknown-word": ("Danh mục của quy chế không có từ này", "The lists of the regulation do not know this word"),
    "one-only": ("Ô này chỉ nhận một giá trị", "This cell takes one value only"),
    "not-yes-no": ("Chỉ nhận các từ có hoặc không của quy chế", "Only the regulation's words for yes and no"),
    "not-a-date": ("Không phải là ngày giờ đọc được", "Not a date that can be read"),
    "impossible-date": (
        "Ngày giờ không có thật (đọc theo ngày/tháng/năm)",
        "No such date or time (read as day/month/year)",
    ),
    "date-out-of-range": ("Năm ngoài khoảng cho phép", "The year is out of range"),
    "future-date": ("Ngày ở tương lai", "The date lies in the future"),
    "time-needed": ("Cần cả giờ", "The time of day is needed too"),
    "not-a-year": ("Không phải là năm (bốn chữ số)", "Not a year of four digits"),
    "year-out-of-range": ("Năm ngoài khoảng cho phép", "The year is out of range"),
    "not-a-number": ("Không phải là số nguyên không âm", "Not a whole number from zero up"),
    "number-too-large": ("Số quá lớn", "The number is too large"),
    "not-text": ("Không phải là chữ", "Not a text"),
    "too-long": ("Nội dung quá dài", "The text is too long"),
    "not-a-telephone": ("Không phải số điện thoại", "Not a telephone number"),
    "not-a-file-code": ("Không phải là mã hồ sơ", "Not a file code"),
    "spreadsheet-error": ("Ô báo lỗi của bảng tính", "The cell holds an error of the spreadsheet"),
    "formula-without-value": (
        "Ô có công thức chưa được tính; hãy mở và lưu lại bằng phần mềm bảng tính",
        "The cell holds a formula that was never calculated; open and save it in a spreadsheet program",
    ),
    "row-twice": (
        "Dòng trước có cùng mã nhưng nội dung khác",
        "An earlier row has the same identity but says something else",
    ),
    "file-unknown": ("Không có hồ sơ mang mã này", "There is no file with this code"),
    "files-not-read": ("Trang hồ sơ không đọc được", "The sheet of the files could not be read"),
    "file-faulty": ("Dòng của hồ sơ này có lỗi", "The row of this file has a fault"),
    "wrong-order": ("Thời điểm này sớm hơn một bước trước đó", "This moment is earlier than a step before it"),
}

REMARKS: Mapping[str, tuple[str, str]] = {
    "sheet-absent": ("Không có trang tính này", "This sheet is not there"),
    "sheet-not-read": (
        "Trang tính không thuộc sổ, không đọc",
        "The sheet is not part of the register and was not read",
    ),
    "column-unknown": ("Cột không thuộc sổ, không đọc", "The column is not part of the register and was not read"),
    "row-repeated": (
        "Dòng lặp lại nguyên văn một dòng trước, chỉ tính một lần",
        "The row repeats an earlier one and counts once",
    ),
    "differs-from-file": ("Khác với hồ sơ; lấy theo hồ sơ", "Differs from the file; the file counts"),
    "changed-since-import": (
        "Đã nhập trước đây và nay khác; không áp dụng thay đổi",
        "Was imported before and differs now; the change is not applied",
    ),
    "recipient-unclear": (
        "Danh bạ không có, hoặc có nhiều đơn vị thuộc loại này; chưa nhập dòng này",
        "The directory has no agency of this type, or several; the row was not taken",
    ),
    "category-held-back": (
        "Quy chế không cho đơn vị nhận xem; không chia sẻ",
        "The regulation does not let the recipient see this; not shared",
    ),
    "service-not-referable": (
        "Quy chế không chuyển dịch vụ này tới loại đơn vị này; chưa tạo chuyển gửi",
        "The regulation does not send this service to this type of agency; no referral was made",
    ),
    "consent-method-missing": (
        "Không ghi hình thức đồng ý; không chia sẻ thông tin nào",
        "No method of consent is given; nothing was shared",
    ),
    "open-at-the-end": (
        "Sổ chưa ghi kết thúc; đã khép lại vào ngày cuối của sổ",
        "The register gives no end; it was ended on the register's last day",
    ),
    "hidden-sheet": ("Trang tính đang ẩn, vẫn được đọc", "The sheet is hidden and was read all the same"),
}
