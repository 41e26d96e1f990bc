"""Rules on the need-to-know matrix: every pair once, no category allowed and denied, nothing that must stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from ..faults import Fault, fault

Raw = Mapping[str, Any]


def pairs(raw: Raw, file: str) -> Iterator[Fault]:
    """Every pair of a referable service and a provider of it is covered exactly once, and nothing else is."""
    services = {entry["code"]: entry for entry in raw["essential_services"]}
    retired = {entry["code"] for entry in raw["agency_types"] if "retired" in entry}
    covered: set[tuple[str, str]] = set()
    for i, row in enumerate(raw["need_to_know"]):
        service = services.get(row["service"])
        if service is None:
            continue
        if not service["referable"]:
            yield fault(file, f"need_to_know[{i}].service", "not-referable", service=row["service"])
        for j, to in enumerate(row["to"]):
            yield from _pair(file, f"need_to_know[{i}].to[{j}]", service, to, covered)
    for i, entry in enumerate(raw["essential_services"]):
        if not entry["referable"] or "retired" in entry:
            continue
        for to in entry["by"]:
            if to not in retired and (entry["code"], to) not in covered:
                yield fault(file, f"essential_services[{i}].by", "pair-missing", service=entry["code"], to=to)


def _pair(file: str, path: str, service: Raw, to: str, covered: set[tuple[str, str]]) -> Iterator[Fault]:
    pair = (service["code"], to)
    if to not in service["by"]:
        yield fault(file, path, "not-provider", to=to, service=service["code"])
    elif pair in covered:
        yield fault(file, path, "pair-twice", service=service["code"], to=to)
    covered.add(pair)


def columns(raw: Raw, file: str) -> Iterator[Fault]:
    """In a row no category stands twice; implied ones are not denied; kept ones stay out of `min` and `ask`."""
    implied = set(raw["implied_categories"])
    for i, row in enumerate(raw["need_to_know"]):
        path = f"need_to_know[{i}]"
        for one, other in combinations(("min", "ask", "deny"), 2):
            for j, category in enumerate(row[other]):
                if category in row[one]:
                    where = f"{path}.{other}[{j}]"
                    yield fault(file, where, "category-both", category=category, one=one, other=other)
        for j, category in enumerate(row["deny"]):
            if category in implied:
                yield fault(file, f"{path}.deny[{j}]", "implied-denied", category=category)
        for j, category in enumerate(row["min"]):
            if category in raw["never_shared_by_default"] and category not in raw["owner_only"]:
                yield fault(file, f"{path}.min[{j}]", "never-shared-in-min", category=category)
        for column in ("min", "ask"):
            yield from kept(raw, file, row[column], f"{path}.{column}")


def kept(raw: Raw, file: str, categories: Any, path: str) -> Iterator[Fault]:
    """What the owner alone may read, and what is no case data, is never listed for a recipient."""
    statistical = {entry["code"] for entry in raw["data_categories"] if entry["class"] == "none"}
    for j, category in enumerate(categories):
        if category in raw["owner_only"]:
            yield fault(file, f"{path}[{j}]", "owner-only-shared", category=category)
        if category in statistical:
            yield fault(file, f"{path}[{j}]", "aggregate-in-referral", category=category)


def recipients(raw: Raw, file: str) -> Iterator[Fault]:
    """Case data goes to agencies with access to cases only; the others get statistics only."""
    access = {entry["code"]: entry["data_access"] for entry in raw["agency_types"]}
    for i, row in enumerate(raw["need_to_know"]):
        for j, to in enumerate(row["to"]):
            if access.get(to) == "aggregate":
                yield fault(file, f"need_to_know[{i}].to[{j}]", "no-case-access", to=to)
    classes = {entry["code"]: entry["class"] for entry in raw["data_categories"]}
    for j, category in enumerate(raw["aggregate_recipients"]["min"]):
        if classes.get(category, "none") != "none":
            yield fault(file, f"aggregate_recipients.min[{j}]", "case-in-aggregate", category=category)


def preview(raw: Raw, file: str) -> Iterator[Fault]:
    """A preview shows fields of the category it names, and nothing of a category that needs its own consent."""
    fields = {entry["code"]: entry["fields"] for entry in raw["data_categories"]}
    for category, shown in raw["preview"]["if_granted"].items():
        path = f"preview.if_granted.{category}"
        if category in raw["never_shared_by_default"]:
            yield fault(file, path, "preview-number", category=category)
        for j, one in enumerate(shown):
            if category in fields and one not in fields[category]:
                yield fault(file, f"{path}[{j}]", "preview-field", field=one, category=category)


def contact_plan(raw: Raw, file: str) -> Iterator[Fault]:
    """Shared words of the contact rule are fields of a category that may be shared, the others of one that is kept."""
    fields = {entry["code"]: entry["fields"] for entry in raw["data_categories"]}
    kept_fields = {one for code in raw["owner_only"] for one in fields.get(code, ())}
    all_fields = {one for known in fields.values() for one in known}
    for i, entry in enumerate(raw["contact_plan"]):
        home = all_fields - kept_fields if entry["shared"] else kept_fields
        if entry["code"] not in home:
            yield fault(file, f"contact_plan[{i}]", "contact-plan-field", code=entry["code"])
