"""What a product says of itself, in the shop's own language and in others: how it is handed in, kept and checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from django.conf import settings

Specifications: TypeAlias = tuple[tuple[str, str], ...]
"""Labels with their values, in the order in which they are shown."""

LONGEST = {"name": 200, "description": 20_000, "seo_title": 120, "seo_description": 320}
MOST_SPECIFICATIONS = 60
LONGEST_LABEL, LONGEST_VALUE = 80, 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """A product in one more language; what is empty here is said in the shop's own."""

    name: str = ""
    description: str = ""
    seo_title: str = ""
    seo_description: str = ""
    specifications: Specifications = ()


def other_languages() -> dict[str, str]:
    """Those that the shop knows beside its own, by code, with their names."""
    return {code: str(name) for code, name in settings.LANGUAGES if code != settings.LANGUAGE_CODE}


def rows_of(specifications: Specifications) -> list[dict[str, str]]:
    return [{"label": label, "value": value} for label, value in specifications]


def specifications_of(rows: Iterable[Mapping[str, str]]) -> Specifications:
    return tuple((row["label"], row["value"]) for row in rows)


def as_kept(translations: Mapping[str, Texts]) -> dict[str, dict[str, Any]]:
    """The form of `Product.translations`: by language, and in it by column, without what is empty."""
    return {
        language: {
            field.name: rows_of(texts.specifications) if field.name == "specifications" else getattr(texts, field.name)
            for field in fields(texts)
            if getattr(texts, field.name)
        }
        for language, texts in sorted(translations.items())
        if texts != Texts()
    }


def from_kept(translations: Mapping[str, Mapping[str, Any]]) -> dict[str, Texts]:
    return {
        language: Texts(**{**said, "specifications": specifications_of(said.get("specifications", ()))})
        for language, said in translations.items()
    }


def faults_of_texts(texts: Texts, *, place: str = "") -> Iterator[tuple[str, str]]:
    """What is wrong, by dotted field behind `place`; the shop's own texts are checked like those of a translation."""
    for name, longest in LONGEST.items():
        yield from _faults(f"{place}{name}", getattr(texts, name), longest)
    if len(texts.specifications) > MOST_SPECIFICATIONS:
        yield f"{place}specifications", f"At most {MOST_SPECIFICATIONS} fit one product."
    for row, (label, value) in enumerate(texts.specifications):
        for name, text, longest in (("label", label, LONGEST_LABEL), ("value", value, LONGEST_VALUE)):
            if not text.strip():
                yield f"{place}specifications.{row}.{name}", "This must not be empty."
            yield from _faults(f"{place}specifications.{row}.{name}", text, longest)


def faults_of_translations(translations: Mapping[str, Texts]) -> Iterator[tuple[str, str]]:
    for language, texts in translations.items():
        if language not in other_languages():
            yield f"translations.{language}", f"Choose from {', '.join(other_languages())}."
        yield from faults_of_texts(texts, place=f"translations.{language}.")


def _faults(name: str, text: str, longest: int) -> Iterator[tuple[str, str]]:
    if len(text) > longest:
        yield name, f"This has {len(text)} characters; {longest} fit."
    if "\0" in text:
        yield name, "This holds a NUL character."
