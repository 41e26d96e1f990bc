"""Format of the sections on statistics, areas, the import of old registers and the glossary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..faults import Fault, fault
from ..importing import FOLD_STEPS
from ..spec import Context, Day, Either, Entry, Flag, ListName, Many, Named, Ref, Spec, Text, When, Whole, Word
from .parts import AGENCY_TYPE, CERT, LABEL, REMARKS, ROLE, STATUS, TEXT, Zone, coded

RECORD = Ref(("statistics.records",))
PERSON = Ref(("statistics.persons",))
INDICATOR = Ref(("statistics.indicators",))
RELEASE = Ref(("statistics.release",))
FACT = Ref(("facts",))


@dataclass(frozen=True, slots=True)
class GlossaryRow(Spec):
    """Key, English, Vietnamese."""

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        parts = value if isinstance(value, list | tuple) else ()
        if len(parts) != 3 or not all(isinstance(part, str) and part.strip() for part in parts):
            yield fault(ctx.file, path, "glossary-parts")


@dataclass(frozen=True, slots=True)
class Exactly(Spec):
    """One fixed list: the programs do just this."""

    words: tuple[str, ...]

    def faults(self, value: Any, path: str, ctx: Context) -> Iterator[Fault]:
        if not isinstance(value, list | tuple) or tuple(value) != self.words:
            yield fault(ctx.file, path, "unknown-word", got="...", words=", ".join(self.words))


_COUNT = Entry({"of": RECORD, "at": TEXT}, {"distinct": PERSON, "where": When(), "by": FACT})
_RATIO = Entry({"of": RECORD, "at": TEXT, "part": When(), "whole": When()}, {"distinct": PERSON, "by": FACT})
_MEDIAN = Entry({"of": RECORD, "at": TEXT, "hours_since": TEXT}, {"distinct": PERSON, "where": When()})

STATISTICS: Mapping[str, Spec] = {
    "statistics": Entry(
        {
            "period": Entry({"from": Word(("included",)), "to": Word(("excluded",)), "time_zone": Zone()}),
            "records": coded("statistics.records", {"times": Many(Text(), least=1)}),
            "persons": coded("statistics.persons"),
            "started_once_in": Many(STATUS, least=1),
            "accepted_once_in": Many(STATUS, least=1),
            "imported_times": Named(TEXT, Named(TEXT, TEXT)),
            "consent_needed": Entry(
                {"audiences": Many(RELEASE), "contact": Flag(), "person": Flag(), "imported": Flag()}
            ),
            "imported_note": LABEL,
            "indicators": coded(
                "statistics.indicators",
                {"unit": Word(("contact", "person", "percent", "hours", "count")), "imported": Flag()},
                {"count": _COUNT, "ratio": _RATIO, "median": _MEDIAN},
            ),
            "release": coded(
                "statistics.release",
                {
                    "small_cells": Word(("exact", "suppress")),
                    "breakdown": Word(("all_own", "no_commune_below_threshold", "province_level")),
                },
            ),
            "suppression": Entry(
                {
                    "least": Whole(1),
                    "most": Whole(1),
                    "complementary": Flag(),
                    "override": Entry({"role": ROLE, "logged": Word((True,))}),
                },
                REMARKS,
            ),
            "record_level_sharing": Word((False,)),
            "agency_names_in_combined_report": Flag(),
        },
        {
            "unit_note": TEXT,
            "seed_fixture": Entry(
                {"source": Named(TEXT, Either((Day(), TEXT))), "values": Named(INDICATOR, Whole())},
                {"ambiguity": TEXT},
            ),
        },
    ),
}

AREAS: Mapping[str, Spec] = {
    "admin_units": Entry(
        {
            "province_code": TEXT,
            "units": coded("admin_units.units", {"type": Word(("phuong", "xa", "dac_khu")), "name": TEXT}),
        }
    ),
    "areas_former": coded(
        "areas_former",
        {"until": Day(), "successors": Either((Word(("unknown",)), Many(Ref(("admin_units.units",)), least=1)))},
        {"merged_into": Ref(("areas_former",)), "former_vi": TEXT, "former_until": Day()},
    ),
}

_SCALAR = Either((Flag(), TEXT))

IMPORT: Mapping[str, Spec] = {
    "import_fold": Exactly(FOLD_STEPS),
    "import_words": Entry({"yes_words": Many(TEXT, least=1), "no_words": Many(Either((Word(("",)), TEXT)), least=1)}),
    "import_lists": Named(TEXT, ListName()),
    "import_aliases": Named(TEXT, Named(TEXT, TEXT)),
    "import_columns": Named(TEXT, Named(TEXT, TEXT)),
    "import_means": Many(
        Entry(
            {"sheet": TEXT, "column": TEXT},
            {
                "fact": FACT,
                "if_yes": _SCALAR,
                "if_no": _SCALAR,
                "makes": Either((Many(RECORD, least=1), RECORD)),
                "provider_type": AGENCY_TYPE,
                "on_site": Flag(),
                "on_site_if_provider": AGENCY_TYPE,
            },
        )
    ),
}

GLOSSARY: Mapping[str, Spec] = {
    "glossary_style": Many(Entry({"avoid": TEXT, "use": TEXT, "why": TEXT}, {"cert": CERT})),
    "glossary": Many(GlossaryRow(), least=1),
}
