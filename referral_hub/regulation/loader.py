"""Reading a regulation file: bytes, YAML, validator, model. Whatever is wrong comes out as faults."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from .faults import Fault, RegulationFaults, fault
from .model import Regulation
from .reading import build
from .validator import check

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SHIPPED = "quang_ninh.yaml"


def load(path: Path | str, known_categories: Collection[str] | None = None) -> Regulation:
    """The regulation in this file. Raises RegulationFaults, also for a file that cannot be read."""
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        raise RegulationFaults([fault(str(path), "", "unreadable", why=error.strerror or "")]) from error
    return load_text(source, str(path), known_categories)


def load_text(source: str | bytes, name: str, known_categories: Collection[str] | None = None) -> Regulation:
    """The regulation that `source` holds; `name` stands for the file in faults.

    `known_categories` are the data categories whose content has a schema; None skips that one check.
    Raises RegulationFaults with everything that was found.
    """
    content = source.encode() if isinstance(source, str) else source
    raw = read_yaml(content, name)
    if faults := check(raw, name, known_categories):
        raise RegulationFaults(faults)
    return build(raw, hashlib.sha256(content).hexdigest())


@cache
def shipped() -> Regulation:
    """The regulation that the hub ships."""
    return load_text(shipped_source(), _SHIPPED)


def shipped_source() -> bytes:
    """The exact bytes of the shipped file."""
    return resources.files(__package__).joinpath("data", _SHIPPED).read_bytes()


def read_yaml(content: bytes, name: str) -> Any:
    """The plain data of one YAML document. Raises RegulationFaults for bytes that are no sound UTF-8 YAML, for keys
    written twice, for keys that are no text, and for references inside the file, which would hide what it says."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RegulationFaults([fault(name, "", "not-utf8", at=error.start)]) from error
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                raise RegulationFaults([fault(name, "", "empty-file")])
            if faults := list(_key_faults(node, "", name, set())):
                raise RegulationFaults(faults)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise RegulationFaults([fault(name, "", "no-yaml", why=_first_words(error))]) from error


def _key_faults(node: Any, path: str, name: str, seen: set[int]) -> Iterator[Fault]:
    if id(node) in seen:
        yield fault(name, path, "yaml-reference")
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            place = f"{path}.{key.value}" if path else str(key.value)
            if key.tag != "tag:yaml.org,2002:str":
                yield fault(name, path, "key-not-text", key=key.value)
            elif key.value in keys:
                yield fault(name, place, "duplicate-key", key=key.value)
            keys.add(str(key.value))
            yield from _key_faults(value, place, name, seen)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield from _key_faults(value, f"{path}[{i}]", name, seen)


def _first_words(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    words = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{words} (line {mark.line + 1}, column {mark.column + 1})" if mark else words
