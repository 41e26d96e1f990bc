"""A list of colleagues is sorted as people here expect it: by the given name, which stands last."""

from referral_hub.liaisons.people import by_given_name


def test_names_are_sorted_by_the_given_name() -> None:
    names = ["Nguyễn Ngọc Lan", "Trần Bích Hạnh", "Đoàn Tiến Dũng", "Lê Thu Hà", "Bùi Văn Đạt", "Phạm Quốc Hưng"]
    assert [one.split()[-1] for one in sorted(names, key=by_given_name)] == ["Dũng", "Đạt", "Hà", "Hạnh", "Hưng", "Lan"]


def test_the_same_given_name_is_sorted_by_the_family_name() -> None:
    assert sorted(["Vũ Lan", "Bùi Lan", "Đỗ Lan"], key=by_given_name) == ["Bùi Lan", "Đỗ Lan", "Vũ Lan"]
