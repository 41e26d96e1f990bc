"""Who approves for whom, by the approver chain of the regulation. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One step of the chain: where to look (``own_agency``, ``parent_agency``, ``coordinator``) for which role."""

    where: str
    role: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody with an active account."""

    account_id: UUID
    name: str
    agency_id: UUID
    roles: frozenset[str]


def chain(raw: Mapping[str, object], named_role: str) -> tuple[ChainStep, ...]:
    """The regulation's ``approver_chain`` with its ``named_role`` filled in, in order."""
    steps = raw["steps"]
    assert isinstance(steps, Sequence)
    ordered = sorted(steps, key=lambda step: step["order"])
    return tuple(ChainStep(s["of"], named_role if s["role"] == "named_role" else s["role"]) for s in ordered)


def approvers(
    steps: Iterable[ChainStep],
    people: Sequence[Colleague],
    *,
    asking: UUID,
    own_agency: UUID,
    parents: Sequence[UUID],
) -> tuple[Colleague, ...]:
    """Who may approve for ``asking``: everybody of the first step of the chain that has somebody else.

    :param parents: the agency's parents, the nearest first; a parent without anybody is passed over.
    """
    for step in steps:
        for place in _places(step, own_agency, parents):
            found = tuple(
                one
                for one in people
                if step.role in one.roles and one.account_id != asking and place in (None, one.agency_id)
            )
            if found:
                return found
    return ()


def _places(step: ChainStep, own_agency: UUID, parents: Sequence[UUID]) -> Sequence[UUID | None]:
    if step.where == "own_agency":
        return (own_agency,)
    return tuple(parents) if step.where == "parent_agency" else (None,)
