"""How text is cut into words for the search: the same for what is stored and for what is typed."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r"\d+|[^\W\d_]+")
_STROKES = re.compile(r"[l1i|]{2,3}")
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7"}


def fold(text: str) -> str:
    """Without accents and capitals."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def words_of(text: str) -> list[str]:
    return _WORD.findall(fold(text))


@lru_cache(maxsize=10_000)
def words_of_label(text: str) -> tuple[str, ...]:
    """The same for what many products say: what a category, a tag or a value of an attribute is called."""
    return tuple(words_of(text))


def code_of(text: str) -> str:
    """A SKU or barcode as it is compared: however it is grouped when somebody types it."""
    return "".join(words_of(text)).upper()


def parts_of(chunk: str) -> list[str]:
    """What a chunk without blanks is made of: `rx-78-2` of rx, 78 and 2, `ez8` of ez and 8."""
    return _PART.findall(fold(chunk))


def as_roman(word: str) -> str | None:
    """Strokes that are hard to tell apart as a Roman number: `ll` and `11` are `ii`."""
    return "i" * len(word) if _STROKES.fullmatch(word) else None


def spellings(text: str) -> list[str]:
    """The words of a name with the other ways in which people write them: `Mk-II` is mkii, mk2, mk and ii as well."""
    found: dict[str, None] = {}
    parts: list[str] = []
    for chunk in text.split():
        folded = fold(chunk)
        here = _PART.findall(folded)
        found |= dict.fromkeys([*_WORD.findall(folded), *here, "".join(here)])
        if here:
            found["".join(_arabic(here))] = None
        parts += here
    arabic = _arabic(parts)
    for (first, second), (one, other) in zip(itertools.pairwise(parts), itertools.pairwise(arabic), strict=True):
        found[first + second] = found[one + other] = None
    return list(found | dict.fromkeys(arabic))


@lru_cache(maxsize=10_000)
def spellings_of_label(text: str) -> tuple[str, ...]:
    """The same for what many products say, as `words_of_label`."""
    return tuple(spellings(text))


def _arabic(words: Iterable[str]) -> list[str]:
    return [_ROMAN.get(word, word) for word in words]


def distance(first: str, second: str) -> int:
    """How many letters were left out, added, mistaken or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(second, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and other == first[i - 2]:
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]
