"""Small numbers cannot be read, nor computed from what is shown."""

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from referral_hub.regulation.conditions import All, Any, Test, parse_condition
from referral_hub.regulation.model import Regulation
from referral_hub.reports.regions import regions
from referral_hub.reports.suppression import Cell, Figure, Smallness, hidden

SMALL = Smallness(1, 4)


def figures(*parts: tuple[int, int]) -> list[Figure]:
    """Counts given as (region, value)."""
    return [Figure((Cell(region, value),)) for region, value in parts]


def test_small_numbers_are_hidden_and_zero_and_large_ones_shown() -> None:
    assert hidden(figures((0b0001, 0), (0b0010, 1), (0b0100, 4), (0b1000, 5)), SMALL) == {1, 2}


def test_of_two_parts_that_make_up_the_whole_both_are_hidden_when_one_is_small() -> None:
    assert hidden(figures((0b11, 40), (0b01, 3), (0b10, 37)), SMALL) == {1, 2}


def test_a_part_is_hidden_when_the_rest_is_small() -> None:
    assert hidden(figures((0b11, 40), (0b01, 38)), SMALL) == {1}


def test_a_zero_part_stays_and_the_other_goes() -> None:
    assert hidden(figures((0b111, 40), (0b001, 0), (0b010, 37), (0b100, 3)), SMALL) == {2, 3}


def test_a_part_of_a_part_is_looked_at_too() -> None:
    assert hidden(figures((0b111, 100), (0b011, 60), (0b001, 58)), SMALL) == {2}


def test_the_same_count_under_another_name_is_hidden_with_it() -> None:
    assert hidden(figures((0b11, 40), (0b01, 38), (0b01, 38)), SMALL) == {1, 2}


def test_many_parts_of_a_whole_do_not_give_the_one_hidden_away() -> None:
    parts = [(1 << bit, 10) for bit in range(24)] + [(1 << 24, 3)]
    away = hidden(figures(((1 << 25) - 1, 243), *parts), SMALL)
    assert 25 in away and len(away) == 2 and 0 not in away


def test_a_share_is_hidden_where_the_whole_beside_it_would_tell_the_part() -> None:
    share = Figure((Cell(0b01, 20), Cell(0b11, 40)))
    whole, other_part, small_part = figures((0b11, 40), (0b0001, 20), (0b0010, 20))
    assert hidden([share, whole], SMALL) == frozenset()
    assert hidden([Figure((Cell(0b01, 38), Cell(0b11, 40))), whole], SMALL) == {0}
    assert hidden([Figure((Cell(0b01, 3), Cell(0b11, 40)))], SMALL) == {0}
    assert hidden([Figure((Cell(0b01, 0), Cell(0b11, 40)))], SMALL) == frozenset()


def test_where_parts_are_unknown_everything_goes_with_a_small_number() -> None:
    unknown = [Figure((Cell(None, value),)) for value in (0, 3, 50)]
    assert hidden(unknown, SMALL) == {1, 2}
    assert hidden([unknown[0], unknown[2]], SMALL) == frozenset()


def test_a_regulation_may_ask_for_no_complements() -> None:
    assert hidden(figures((0b11, 40), (0b01, 3), (0b10, 37)), Smallness(1, 4, complementary=False)) == {1}


@st.composite
def families(draw: st.DrawFn) -> list[Figure]:
    """Counts, and shares of them, over at most five kinds of cases."""
    kinds = draw(st.lists(st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 9, 30]), min_size=1, max_size=5))
    every = (1 << len(kinds)) - 1

    def cell(region: int) -> Cell:
        return Cell(region, sum(number for bit, number in enumerate(kinds) if region >> bit & 1))

    made = []
    for region in draw(st.lists(st.integers(1, every), min_size=1, max_size=5)):
        share = draw(st.booleans()) and draw(st.booleans())
        part = region & draw(st.integers(1, every))
        made.append(Figure((cell(part), cell(region)) if share and part else (cell(region),)))
    return made


@given(families())
@settings(max_examples=400, deadline=None)
def test_no_small_number_can_be_computed_by_taking_shown_parts_from_a_shown_whole(family: list[Figure]) -> None:
    shown = [cell for i, one in enumerate(family) if i not in hidden(family, SMALL) for cell in one.cells]
    for whole in shown:
        inside = [cell for cell in shown if cell.region and cell.region & ~(whole.region or 0) == 0]
        for count in range(len(inside) + 1):
            for parts in combinations(inside, count):
                rest, value = whole.region or 0, whole.value
                for part in parts:
                    if (part.region or 0) & ~rest:
                        break
                    rest, value = rest & ~(part.region or 0), value - part.value
                else:
                    assert not (rest and SMALL.holds(value))


@given(families())
@settings(max_examples=300, deadline=None)
def test_no_hidden_count_is_a_sum_or_difference_of_shown_ones(family: list[Figure]) -> None:
    away = hidden(family, SMALL)
    shown = [cell.region or 0 for i, one in enumerate(family) if i not in away for cell in one.cells]
    reached = {
        tuple(
            sum(times * (region >> bit & 1) for times, region in zip(multiples, shown, strict=True)) for bit in range(5)
        )
        for multiples in product((-1, 0, 1), repeat=min(len(shown), 8))
        if len(multiples) == len(shown)
    }
    for i in away:
        rows = [tuple((cell.region or 0) >> bit & 1 for bit in range(5)) for cell in family[i].cells]
        assert not all(row in reached for row in rows)


@given(families())
@settings(max_examples=200, deadline=None)
def test_nothing_is_hidden_where_nothing_is_small(family: list[Figure]) -> None:
    tenfold = [Figure(tuple(Cell(cell.region, cell.value * 10) for cell in one.cells)) for one in family]
    assert hidden(tenfold, SMALL) == frozenset()


def test_zeros_are_never_hidden_among_counts() -> None:
    family = figures((0b1111, 50), (0b0001, 0), (0b0010, 0), (0b0100, 2), (0b1000, 48))
    assert not hidden(family, SMALL) & {1, 2}


def test_of_which_is_found_whatever_way_it_is_worded(regulation: Regulation) -> None:
    def read(raw: object) -> object:
        return parse_condition(raw, regulation.facts)

    urgent_up = read({"fact": "urgency", "at_least": "urgent"})
    listed = read({"fact": "urgency", "in": ["urgent", "emergency"]})
    emergency = read({"all": [{"fact": "urgency", "is": "emergency"}, {"fact": "imported", "is": False}]})
    either = read({"any": [{"fact": "service", "is": "S7"}, {"fact": "urgency", "at_least": "urgent"}]})
    found = regions([urgent_up, listed, emergency, either], regulation.facts)  # type: ignore[list-item]
    assert found is not None
    one, same, part, whole = found
    assert one == same
    assert part & ~one == 0 and part != one
    assert one & ~whole == 0 and whole != one


def test_values_of_one_fact_are_disjoint_and_nobody_knows_is_one_of_them(regulation: Regulation) -> None:
    levels = ["standard", "urgent", "emergency"]
    tests = [Test("urgency", "is", level) for level in levels] + [Test("urgency", "known", False)]
    found = regions([*tests, Any(tuple(tests)), All(())], regulation.facts)
    assert found is not None
    *single, together, everything = found
    assert all(a & b == 0 for a, b in combinations(single, 2))
    others = [code for code in regulation.facts["urgency"].values if code not in levels]
    assert together & ~everything == 0 and (together == everything) == (not others)


def test_too_many_cases_are_not_guessed_at(regulation: Regulation) -> None:
    codes = [name for name, fact in regulation.facts.items() if fact.kind == "code" and len(fact.values) > 6]
    tests = [Test(name, "is", value) for name in codes for value in sorted(regulation.facts[name].values)[:6]]
    assert regions([Any(tuple(tests))], regulation.facts) is None
