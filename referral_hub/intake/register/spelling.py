"""When two spellings are the same word: tone marks set on either vowel, dots of abbreviations, blanks, case."""

from __future__ import annotations

import re
import unicodedata

from referral_hub.regulation.importing import fold
from schemas.letters import clean_line

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")  # huyền, sắc, ngã, hỏi, nặng
_POINTS = re.compile(r"[.,:]+")


def word_key(text: str) -> str:
    """Equal for texts that differ by case, blanks, composed or combining marks, or the vowel that carries the tone.

    "Hòa" and "hoà" are one word; "hoa" and "hóa" are others.
    """
    folded = fold(clean_line(text))
    return folded if folded.isascii() else " ".join(map(_tone_last, folded.split()))


def abbreviation_key(text: str) -> str:
    """Like `word_key`, and blind to points: "TP. Hạ Long", "Tp.Hạ Long" and "TP Hạ Long" are one place."""
    return word_key(_POINTS.sub(" ", text))


def heading_key(text: str) -> str:
    """The letters and digits of a heading without marks: "Tổng đài", "TONG_DAI" and "Tong_dai" are one name."""
    plain = unicodedata.normalize("NFD", fold(clean_line(text)).replace("đ", "d"))
    return "".join(letter for letter in plain if letter.isalnum())


def _tone_last(word: str) -> str:
    letters = unicodedata.normalize("NFD", word)
    return "".join(one for one in letters if one not in _TONES) + "".join(one for one in letters if one in _TONES)
