"""The people of the tests: ``lan@anh-duong`` acts for the agency ``anh-duong``. Their accounts are made once."""

from referral_hub.liaisons.accounts import NewAccount

DOMAIN = ".example"
PASSWORD = "mưa-rơi-trên-vịnh"

HOUSE = "anh-duong"
POLICE = "cong-an-tinh"
LEGAL_AID = "tro-giup-phap-ly"
HOSPITAL = "benh-vien-tinh"
CENTRE = "trung-tam-tgxh"


def _person(key: str, name: str, *roles: str, desk: str | None = None, locale: str = "vi") -> NewAccount:
    return NewAccount(key + DOMAIN, name, key.partition("@")[2], roles, desk, locale)


PEOPLE = (
    _person("lan@anh-duong", "Nguyễn Ngọc Lan", "caseworker", desk="intake"),
    _person("thao@anh-duong", "Bùi Phương Thảo", "caseworker", desk="intake"),
    _person("mai@anh-duong", "Hoàng Tuyết Mai", "hotline_worker", desk="intake"),
    _person("hanh@anh-duong", "Trần Bích Hạnh", "agency_supervisor", desk="intake"),
    _person("hung@anh-duong", "Phạm Quốc Hưng", "duty_supervisor", desk="intake"),
    _person("dung@anh-duong", "Đoàn Tiến Dũng", "agency_head"),
    _person("binh@anh-duong", "Lý Thanh Bình", "perpetrator_worker", desk="perpetrator-work"),
    _person("yen@anh-duong", "Tạ Hải Yến", "privacy_officer"),
    _person("phuc@anh-duong", "Đỗ Văn Phúc", "administrator"),
    _person("cuong@cong-an-tinh", "Ngô Mạnh Cường", "liaison", desk="duty"),
    _person("huyen@cong-an-tinh", "Mạc Thanh Huyền", "agency_supervisor", desk="duty"),
    _person("minh@tro-giup-phap-ly", "Vũ Quang Minh", "liaison", desk="requests"),
    _person("nhung@tro-giup-phap-ly", "Lê Hồng Nhung", "agency_supervisor", desk="requests"),
    _person("thu@benh-vien-tinh", "Phan Minh Thu", "liaison", desk="emergency"),
    _person("dai@benh-vien-tinh", "Cao Xuân Đại", "agency_supervisor", desk="social-work"),
    _person("ha@trung-tam-tgxh", "Lê Thu Hà", "coordinator", desk="coordination"),
    _person("son@trung-tam-tgxh", "Vũ Minh Sơn", "caseworker", "agency_supervisor", "liaison", desk="services"),
    _person("tam@so-y-te", "Ngô Thanh Tâm", "statistics_viewer"),
    _person("kiem@so-y-te", "Trần Văn Kiểm", "auditor"),
    _person("helen@koica", "Helen Park", "statistics_viewer", locale="en"),
)

KEYS = tuple(person.email.removesuffix(DOMAIN) for person in PEOPLE)


def email(who: str) -> str:
    """The e-mail address of a person of the tests."""
    return who if who.endswith(DOMAIN) else who + DOMAIN
