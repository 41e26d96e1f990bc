"""The rules a regulation file must keep, in Vietnamese and in English. `{...}` is filled with what was found."""

from __future__ import annotations

from collections.abc import Mapping

_FILE: Mapping[str, tuple[str, str]] = {
    "unreadable": ("Không đọc được tệp ({why})", "The file cannot be read ({why})"),
    "not-utf8": ("Tệp không phải UTF-8 (từ byte {at})", "The file is not UTF-8 (from byte {at})"),
    "empty-file": ("Tệp trống", "The file is empty"),
    "no-yaml": ("Không đọc được YAML: {why}", "This is no sound YAML: {why}"),
    "duplicate-key": ("Khóa '{key}' được viết hai lần", "The key '{key}' is written twice"),
    "key-not-text": (
        "Khóa '{key}' không phải là chữ, hãy đặt trong dấu ngoặc kép",
        "The key '{key}' is no text: put it in quotes",
    ),
    "yaml-reference": (
        "Không dùng tham chiếu (&, *) trong tệp: mỗi chỗ phải ghi đủ",
        "References (&, *) are not allowed: every place says what it says",
    ),
}

_SHAPE: Mapping[str, tuple[str, str]] = {
    "wrong-shape": ("Cần {vi}, đang là: {got}", "Needs {en}, found: {got}"),
    "missing-field": ("Thiếu mục '{field}'", "The field '{field}' is missing"),
    "unknown-field": ("Không có mục nào tên '{field}' ở đây", "There is no field '{field}' here"),
    "missing-label": ("Thiếu nhãn '{lang}'", "The label '{lang}' is missing"),
    "empty-list": ("Danh sách này không được trống", "This list may not be empty"),
    "named-twice": ("'{got}' được nêu hai lần", "'{got}' is named twice"),
    "unknown-word": ("'{got}' không thuộc: {words}", "'{got}' is none of: {words}"),
    "unknown-zone": ("Không có múi giờ '{got}'", "There is no time zone '{got}'"),
    "bad-code": (
        "'{got}' không phải là mã (chữ cái không dấu, chữ số, dấu gạch dưới, trong ngoặc kép nếu toàn số)",
        "'{got}' is no code (letters without marks, digits, underscores; in quotes where it is all digits)",
    ),
    "unknown-code": ("Mã '{code}' không có trong {list}", "The code '{code}' does not stand in {list}"),
    "unknown-list": ("Không có danh mục mã '{got}'", "There is no code list '{got}'"),
    "no-duration": (
        "'{got}' không phải là thời hạn (PT2H, P3D, P2BD)",
        "'{got}' is no length of time (PT2H, P3D, P2BD)",
    ),
    "missing-clock": ("Thời hạn '{got}' thiếu 'clock'", "The length '{got}' has no 'clock' stated around it"),
    "wrong-clock": (
        "Đơn vị của '{got}' trái với clock '{clock}'",
        "The unit of '{got}' disagrees with clock '{clock}'",
    ),
    "glossary-parts": (
        "Mục từ cần đủ ba phần: khóa, tiếng Anh, tiếng Việt",
        "A glossary entry needs three parts: key, English, Vietnamese",
    ),
}

_CONDITIONS: Mapping[str, tuple[str, str]] = {
    "condition-shape": ("Điều kiện viết sai ({got})", "This is no condition of the grammar ({got})"),
    "unknown-fact": ("'{got}' không có trong facts", "'{got}' does not stand in facts"),
    "wrong-operator": ("Phép so sánh này không dùng được cho '{got}'", "This test cannot be asked of '{got}'"),
    "wrong-value": ("Dữ kiện này không thể có giá trị '{got}'", "This fact cannot have the value '{got}'"),
    "fact-type": (
        "Kiểu '{got}' không hợp với of, values hoặc unit",
        "The type '{got}' does not go with of, values, unit",
    ),
}

_CODES: Mapping[str, tuple[str, str]] = {
    "duplicate-code": ("Mã '{code}' có hai lần trong danh mục", "The code '{code}' stands twice in its list"),
    "order-twice": ("Thứ tự {order} có hai lần", "The order {order} stands twice"),
    "no-schema": (
        "Loại thông tin '{code}' chưa có khuôn nội dung trong phần mềm",
        "The data category '{code}' has no content schema in the software",
    ),
    "glossary-twice": ("Mục từ '{key}' có hai lần", "The glossary key '{key}' stands twice"),
}

_SHARING: Mapping[str, tuple[str, str]] = {
    "pair-twice": ("Cặp {service} - {to} được quy định hai lần", "The pair {service} - {to} is covered twice"),
    "pair-missing": ("Cặp {service} - {to} chưa được quy định", "The pair {service} - {to} is never covered"),
    "not-provider": ("'{to}' không cung cấp dịch vụ {service}", "'{to}' is no provider of service {service}"),
    "not-referable": ("Không chuyển gửi cho dịch vụ {service}", "Service {service} cannot be referred to"),
    "category-both": (
        "'{category}' vừa ở {one} vừa ở {other}",
        "'{category}' stands both in {one} and in {other}",
    ),
    "implied-denied": (
        "'{category}' luôn đi kèm chuyển gửi, không thể bị chặn",
        "'{category}' comes with every referral and cannot be denied",
    ),
    "never-shared-in-min": (
        "'{category}' không bao giờ được gửi mặc định (never_shared_by_default)",
        "'{category}' is never shared by default (never_shared_by_default)",
    ),
    "owner-only-shared": (
        "'{category}' chỉ dành cho đơn vị giữ trường hợp (owner_only)",
        "'{category}' stays with the owner of the case (owner_only)",
    ),
    "aggregate-in-referral": (
        "'{category}' là số liệu tổng hợp, không thuộc một chuyển gửi",
        "'{category}' is aggregate data and belongs to no referral",
    ),
    "no-case-access": (
        "'{to}' chỉ được xem số liệu tổng hợp",
        "'{to}' may see statistics only",
    ),
    "case-in-aggregate": (
        "'{category}' là thông tin trường hợp, đơn vị này chỉ nhận số liệu tổng hợp",
        "'{category}' is case data, these agencies get statistics only",
    ),
    "exception-recipients": (
        "'{to}' phải có mặt đúng một lần trong max và có trong to",
        "'{to}' must stand in `to` and in exactly one group of `max`",
    ),
    "limit-fields": ("Giới hạn '{limit}' cần {fields}", "The limit '{limit}' needs {fields}"),
    "never-in-max": ("'{category}' vừa ở max vừa ở never", "'{category}' stands both in max and in never"),
    "ground-not-immediate": (
        "Căn cứ '{code}' phải chờ duyệt, không mở khẩn cấp được",
        "The ground '{code}' waits for an approver and cannot open anything in an emergency",
    ),
    "preview-field": (
        "'{field}' không phải là trường của '{category}'",
        "'{field}' is no field of '{category}'",
    ),
    "preview-number": (
        "'{category}' không bao giờ được hiện trước khi nhận",
        "'{category}' is never previewed",
    ),
    "contact-plan-field": (
        "'{code}' không khớp với trường của loại thông tin nào được (hoặc không được) chia sẻ",
        "'{code}' is a field of no data category that is shared (or kept) accordingly",
    ),
    "unit-cycle": (
        "Chuỗi đơn vị kế tiếp quay vòng tại '{code}'",
        "The chain of next units runs in a circle at '{code}'",
    ),
    "unit-twice": ("'{code}' có hai đơn vị kế tiếp", "'{code}' has two next units"),
}

_WORKFLOW: Mapping[str, tuple[str, str]] = {
    "one-initial": (
        "Cần đúng một trạng thái ban đầu, đang có {count}",
        "Needs exactly one initial status, found {count}",
    ),
    "no-way-out": ("Trạng thái '{code}' không có lối ra", "The status '{code}' has no way out"),
    "final-left": ("Trạng thái kết thúc '{code}' không được có lối ra", "The final status '{code}' may not be left"),
    "unreachable": ("Không có bước nào dẫn tới trạng thái '{code}'", "No step leads to the status '{code}'"),
    "no-end": ("Từ trạng thái '{code}' không thể kết thúc", "From the status '{code}' no end can be reached"),
    "step-twice": (
        "Bước '{verb}' của '{side}' từ '{status}' được quy định hai lần mà không có điều kiện phân biệt",
        "The step '{verb}' of '{side}' from '{status}' stands twice without a condition to tell them apart",
    ),
}

_TIMES: Mapping[str, tuple[str, str]] = {
    "override-empty": ("Không nêu thời hạn nào", "States no deadline"),
    "override-outcome": ("Kết quả '{outcome}' không thuộc dịch vụ {service}", "'{outcome}' is no outcome of {service}"),
    "reminder-late": (
        "Nhắc '{got}' không sớm hơn thời hạn {due}",
        "The reminder {got} is not before the deadline {due}",
    ),
    "escalation-early": (
        "Báo cấp trên '{got}' trước thời hạn {due}",
        "The escalation {got} is before the deadline {due}",
    ),
    "ladder-order": ("Các bậc phải theo thứ tự thời gian", "The steps must stand in the order of time"),
    "clock-not-set": ("Không có thời hạn '{clock}' ở đây", "No deadline '{clock}' is set here"),
    "dates-reversed": ("Ngày đầu sau ngày cuối", "The first day is after the last"),
    "holiday-twice": ("Ngày {day} đã có trong một kỳ nghỉ khác", "{day} already stands in another holiday"),
    "swap-day": (
        "{day} vốn là ngày làm việc, không cần làm bù",
        "{day} is worked anyway and swaps nothing",
    ),
    "swap-for": ("{day} không phải là ngày nghỉ", "{day} is no day off"),
    "age-gap": ("Tuổi {age} không thuộc nhóm nào", "Age {age} falls into no group"),
    "age-twice": ("Tuổi {age} thuộc hai nhóm", "Age {age} falls into two groups"),
    "thresholds-reversed": ("Giới hạn dưới lớn hơn giới hạn trên", "The lower limit is above the upper one"),
}

_COUNTING: Mapping[str, tuple[str, str]] = {
    "unknown-time": ("'{of}' không có thời điểm '{at}'", "'{of}' has no time '{at}'"),
    "one-formula": (
        "Chỉ tiêu cần đúng một trong: count, ratio, median",
        "An indicator needs exactly one of: count, ratio, median",
    ),
    "unknown-column": ("Trang '{sheet}' không có cột '{column}'", "The sheet '{sheet}' has no column '{column}'"),
    "unknown-sheet": ("Không có trang '{sheet}' trong import_columns", "There is no sheet '{sheet}' in import_columns"),
    "unknown-column-kind": (
        "'{got}' không phải là danh mục của import_lists hay loại giá trị",
        "'{got}' is neither a key of import_lists nor a kind of value",
    ),
    "unknown-import-list": ("'{key}' không có trong import_lists", "'{key}' does not stand in import_lists"),
    "alias-ambiguous": (
        "'{text}' chỉ cả '{one}' lẫn '{other}'",
        "'{text}' stands both for '{one}' and for '{other}'",
    ),
    "word-ambiguous": ("'{text}' vừa là có vừa là không", "'{text}' means both yes and no"),
    "wrong-meaning": (
        "Dữ kiện '{fact}' không thể có giá trị '{got}'",
        "The fact '{fact}' cannot have the value '{got}'",
    ),
}

_CHANGES: Mapping[str, tuple[str, str]] = {
    "code-removed": (
        "Mã '{code}' bị xóa; mã chỉ được ngừng dùng (retired)",
        "The code '{code}' was removed; a code may only be retired",
    ),
    "code-redefined": (
        "Mã '{code}' bị đổi nghĩa ({field}: {old} -> {new})",
        "The code '{code}' was redefined ({field}: {old} -> {new})",
    ),
    "code-revived": (
        "Mã '{code}' đã ngừng dùng, không được dùng lại",
        "The code '{code}' was retired and may not come back",
    ),
    "version-reused": (
        "Số phiên bản {version} đã dùng cho nội dung khác",
        "The version number {version} already stands for another text",
    ),
    "other-regulation": ("Đây là văn bản khác ('{id}')", "This is another regulation ('{id}')"),
}

MESSAGES: Mapping[str, tuple[str, str]] = {
    **_FILE,
    **_SHAPE,
    **_CONDITIONS,
    **_CODES,
    **_SHARING,
    **_WORKFLOW,
    **_TIMES,
    **_COUNTING,
    **_CHANGES,
}
