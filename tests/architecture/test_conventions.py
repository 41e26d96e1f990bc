"""Conventions that keep the code readable by a stranger, and the lists that stay closed."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from referral_hub.access import actions, policy
from referral_hub.access.actions import Action
from referral_hub.audit.acts import Act

ROOT = Path(__file__).resolve().parents[2]
HUB = ROOT / "referral_hub"
FEATURES = ("access", "cases", "consent", "referrals", "intake", "perpetrators", "outreach")
EDGES_OF_FEATURES = re.compile(
    r"^(service|queries|denials|drafting|sharing|stepping|sections|importing|recording)\.py$"
)
TOUCHES_A_CASE = {"case_id", "subject", "referral_id", "consent_id"}

#: Called by a service or query that has passed the gate; each says so in its docstring.
BEHIND_THE_GATE = {
    "cases/service.py:conditions_facts",
    "consent/queries.py:conflicts_of_case",
    "consent/queries.py:denials_of_case",
    "consent/queries.py:exceptions_of_case",
    "consent/queries.py:facts_of_case",
    "consent/queries.py:on_hold",
    "referrals/sharing.py:decision_for",
    "referrals/sharing.py:denied_desks",
    "referrals/sharing.py:denied_whole",
}


def _functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for feature in FEATURES:
        for path in sorted((HUB / feature).rglob("*.py")):
            if EDGES_OF_FEATURES.match(path.name):
                for node in ast.parse(path.read_text("utf-8")).body:
                    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                        yield f"{path.relative_to(HUB)}:{node.name}", node


def test_whatever_touches_a_case_takes_the_actor_first() -> None:
    without = set()
    for name, node in _functions():
        arguments = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
        if TOUCHES_A_CASE & set(arguments) and arguments[0] != "actor":
            without.add(name)
    assert without == BEHIND_THE_GATE


def test_a_service_takes_the_moment_by_name() -> None:
    positional = {
        name
        for name, node in _functions()
        if name.partition(":")[0].endswith("service.py") and "now" in [a.arg for a in node.args.args]
    }
    assert positional == set()


def test_who_changes_something_says_when() -> None:
    commands = {
        name: node for name, node in _functions() if name.partition(":")[0].endswith(("service.py", "denials.py"))
    }
    recording = {name for name, node in commands.items() if "record(" in ast.unparse(node)}
    assert recording
    for name in recording:
        assert "now" in [a.arg for a in commands[name].args.kwonlyargs], name


def _sources(*packages: str) -> Iterator[tuple[str, str]]:
    for package in packages:
        for path in sorted((HUB / package).rglob("*.py")):
            yield str(path.relative_to(HUB)), path.read_text("utf-8")


def test_nothing_below_the_edge_commits() -> None:
    committing = re.compile(r"\.(commit|rollback)\(\)")
    assert {name for name, source in _sources(*FEATURES, "reports") if committing.search(source)} == set()


def test_only_the_clock_asks_what_time_it_is() -> None:
    asking = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|time\.time\(")
    by_itself = {"intake/register/reading.py"}  # a workbook is also read without a hub; who imports it gives the day
    assert {name for name, source in _sources(*FEATURES, "regulation") if asking.search(source)} <= by_itself


def test_no_session_wide_setting_outlives_its_transaction() -> None:
    """A plain SET, or set_config(..., false), would leak through the pool to the next request."""
    leaking = re.compile(r"""set_config\([^)]*,\s*false\)|["']SET (?!LOCAL|ROLE|CONSTRAINTS)[a-z_.]+\s*(=|TO)""", re.I)
    pooled = [source for _, source in _sources(*FEATURES, "reports", "portal")]
    pooled += [(HUB / "kernel" / "db.py").read_text("utf-8")]
    pooled += [path.read_text("utf-8") for path in (ROOT / "migrations").rglob("*.sql")]
    assert len(pooled) > 20
    assert not [found for source in pooled if (found := leaking.search(source))]


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "helper", "common", "misc"])
def test_no_module_is_named_after_nothing(name: str) -> None:
    folders = ("referral_hub", "schemas", "migrations", "tests")
    found = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.stem == name]
    assert found == []


def test_every_action_stands_in_the_policy_and_says_what_it_allows() -> None:
    assert set(policy.POLICY) == set(Action)
    assert len(set(Action)) == len(Action.__members__)
    body = ast.parse(inspect.getsource(actions)).body
    (members,) = [node.body for node in body if isinstance(node, ast.ClassDef) and node.name == "Action"]
    for member, following in zip(members, [*members[1:], None], strict=True):
        if isinstance(member, ast.Assign):
            documented = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            assert documented, ast.unparse(member)


def test_no_action_is_open_to_everybody() -> None:
    for action, alternatives in policy.POLICY.items():
        assert alternatives, action
        assert all(alternatives), action


def test_every_act_has_its_own_code_of_three_parts() -> None:
    codes = [act.value.code for act in Act]
    assert len(codes) == len(set(codes)) == len(Act.__members__)
    for code in codes:
        assert re.fullmatch(r"[a-z]+:[a-z]+:[a-z-]+", code), code


def test_no_entry_can_carry_who_she_is_or_how_to_reach_her() -> None:
    telling = re.compile(
        r"name|phone|mobile|tel|address|street|birth|mail|note|text|word|wish|question|answer|place|photo"
    )
    for act in Act:
        for key in act.value.keys:
            assert not telling.search(key), f"{act.value.code}: {key}"
