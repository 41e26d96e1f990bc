"""One spelling for one text: composed letters, no stray blanks, nothing invisible."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"  # they carry meaning in some scripts, the other format characters do not
_LINE_ENDS = {"\r\n": "\n", "\r": "\n", "\u2028": "\n", "\u2029": "\n"}


def clean_line(text: str) -> str:
    """`text` as one line: NFC, invisible marks and control characters gone, blanks single, ends trimmed."""
    return " ".join(_visible(text).split())


def clean_lines(text: str) -> str:
    """`text` with its line breaks kept (as \\n): NFC, each line without trailing blanks, ends trimmed."""
    for ending, plain in _LINE_ENDS.items():
        text = text.replace(ending, plain)
    return "\n".join(_visible(line).rstrip() for line in text.split("\n")).strip()


def _visible(text: str) -> str:
    if text.isprintable():  # no control, format or other invisible character: the usual case, and much faster
        return unicodedata.normalize("NFC", text)
    kept = (letter if _shown(letter) else " " if _is_control(letter) else "" for letter in text)
    return unicodedata.normalize("NFC", "".join(kept))


def _shown(letter: str) -> bool:
    return letter in _JOINERS or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _is_control(letter: str) -> bool:
    # a tab or a line break parts two words; a soft hyphen or a zero-width space does not
    return unicodedata.category(letter) in {"Cc", "Zl", "Zp"}
