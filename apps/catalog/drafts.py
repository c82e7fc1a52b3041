"""What staff hand in for a product, and what is wrong with it: rules about one product alone, without the database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import TypeAlias
from uuid import UUID

from apps.catalog.models import Attribute, AttributeKind, Product, ProductVariant
from apps.catalog.texts import (
    Specifications,
    Texts,
    faults_of_texts,
    faults_of_translations,
    from_kept,
    specifications_of,
)

CategoryPath: TypeAlias = tuple[str, ...]
AttributeValue: TypeAlias = str | int | float
Errors: TypeAlias = dict[str, list[str]]

MOST_VARIANTS = 200
MOST_RELATED = 8
LONGEST_DESCRIPTION = 20_000
LARGEST_AMOUNT = Decimal(10**12)
LARGEST_WEIGHT_GRAMS = 10**7
RESERVED_SLUGS = frozenset({"search", "suggest", "bulk", "import", "export", "history", "reviews"})
"""Words behind `products/` that are, or may become, addresses of the API."""
_SLUG = re.compile(r"[-a-zA-Z0-9_]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantDraft:
    """A variant as it shall be; prices are in the store's base currency."""

    sku: str
    price_amount: Decimal
    compare_at_amount: Decimal | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    barcode: str = ""
    weight_grams: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductDraft:
    """A product as it shall be, whole: a variant that is left out is no longer sold.

    `product_type` and `tags` are codes, `categories` are paths of names from the root; tags and categories that do not
    exist yet are made. `related` are slugs of other products, in their order. The last five are left as they are where
    they are None: files for spreadsheets know nothing of them.
    """

    slug: str
    name: str
    product_type: str
    description: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    categories: frozenset[CategoryPath] = frozenset()
    tags: frozenset[str] = frozenset()
    is_featured: bool = False
    variants: tuple[VariantDraft, ...] = ()
    specifications: Specifications | None = None
    seo_title: str | None = None
    seo_description: str | None = None
    related: tuple[str, ...] | None = None
    translations: Mapping[str, Texts] | None = None

    def beside(self, stored: ProductDraft | None) -> ProductDraft:
        """With what it leaves as it is; a new product has none of it."""
        left = {name: getattr(stored or _NOTHING, name) for name in _MAY_BE_LEFT if getattr(self, name) is None}
        return replace(self, **left) if left else self


_MAY_BE_LEFT = ("specifications", "seo_title", "seo_description", "related", "translations")
_NOTHING = ProductDraft(
    slug="",
    name="",
    product_type="",
    seo_title="",
    seo_description="",
    specifications=(),
    related=(),
    translations={},
)


def clean(draft: ProductDraft, attributes: Mapping[str, Attribute]) -> tuple[ProductDraft, Errors]:
    """The draft with its attribute values in their stored form, and what is wrong with it by dotted field.

    `attributes` are those of the draft's product type.
    """
    errors: Errors = {}
    for name, message in (*_faults_of_product(draft), *_faults_of_variants(draft.variants), *_faults_of_words(draft)):
        errors.setdefault(name, []).append(message)
    if draft.translations is not None:
        said = {language: texts for language, texts in draft.translations.items() if texts != Texts()}
        draft = replace(draft, translations=said)
    values: dict[str, AttributeValue] = {}
    for code, value in draft.attributes.items():
        try:
            values[code] = _attribute_value(attributes.get(code), value)
        except ValueError as error:
            errors[f"attributes.{code}"] = [str(error)]
    return replace(draft, attributes=values), errors


def _faults_of_product(draft: ProductDraft) -> Iterator[tuple[str, str]]:
    yield from _faults_of_text("name", draft.name, longest=200)
    yield from _faults_of_text("description", draft.description, longest=LONGEST_DESCRIPTION, may_be_empty=True)
    yield from _faults_of_slug("slug", draft.slug, longest=140)
    if _is_uuid(draft.slug):
        yield "slug", "An address that reads like an id would be taken for one."
    if draft.slug.lower() in RESERVED_SLUGS:
        yield "slug", f"“{draft.slug}” is an address of the shop itself."
    for tag in draft.tags:
        yield from _faults_of_slug("tags", tag, longest=60)
    for path in draft.categories:
        if not path:
            yield "categories", "A path needs at least one name."
        for name in path:
            yield from _faults_of_text("categories", name, longest=120)


def _faults_of_words(draft: ProductDraft) -> Iterator[tuple[str, str]]:
    yield from faults_of_texts(
        Texts(
            seo_title=draft.seo_title or "",
            seo_description=draft.seo_description or "",
            specifications=draft.specifications or (),
        )
    )
    yield from faults_of_translations(draft.translations or {})
    if len(draft.related or ()) > MOST_RELATED:
        yield "related", f"At most {MOST_RELATED} stand beside a product."
    if len(set(draft.related or ())) < len(draft.related or ()):
        yield "related", "A product stands there twice."
    if draft.slug in (draft.related or ()):
        yield "related", "A product does not stand beside itself."


def _faults_of_variants(variants: tuple[VariantDraft, ...]) -> Iterator[tuple[str, str]]:
    if len(variants) > MOST_VARIANTS:
        yield "variants", f"There are {len(variants)}; at most {MOST_VARIANTS} fit one product."
    skus: set[str] = set()
    options: list[Mapping[str, str]] = []
    for index, variant in enumerate(variants):
        yield from ((f"variants.{index}.{name}", message) for name, message in _faults_of_variant(variant))
        if variant.sku in skus:
            yield f"variants.{index}.sku", "Another variant of this product has the same SKU."
        if variant.options in options:
            yield f"variants.{index}.options", "Nothing tells this variant from another one of this product."
        skus.add(variant.sku)
        options.append(variant.options)


def _faults_of_variant(variant: VariantDraft) -> Iterator[tuple[str, str]]:
    yield from _faults_of_text("sku", variant.sku, longest=64)
    yield from _faults_of_text("barcode", variant.barcode, longest=32, may_be_empty=True)
    for name, value in variant.options.items():
        yield from _faults_of_text("options", name, longest=40)
        yield from _faults_of_text("options", value, longest=80)
    yield from faults_of_amount("price_amount", variant.price_amount)
    if variant.compare_at_amount is not None:
        yield from faults_of_amount("compare_at_amount", variant.compare_at_amount)
        if not variant.price_amount.is_nan() and variant.compare_at_amount <= variant.price_amount:
            yield "compare_at_amount", "The price before an offer must be above the price."
    if not 0 <= variant.weight_grams <= LARGEST_WEIGHT_GRAMS:
        yield "weight_grams", f"A weight lies between 0 and {LARGEST_WEIGHT_GRAMS} grams."


def _faults_of_text(name: str, value: str, *, longest: int, may_be_empty: bool = False) -> Iterator[tuple[str, str]]:
    if not value.strip() and not may_be_empty:
        yield name, "This must not be empty."
    if len(value) > longest:
        yield name, f"This has {len(value)} characters; {longest} fit."
    if "\0" in value:
        yield name, "This holds a NUL character."


def _faults_of_slug(name: str, value: str, *, longest: int) -> Iterator[tuple[str, str]]:
    if not _SLUG.fullmatch(value):
        yield name, f"“{value[:80]}” is no slug; use letters, digits, hyphens and underscores."
    if len(value) > longest:
        yield name, f"This has {len(value)} characters; {longest} fit."


def faults_of_amount(name: str, amount: Decimal) -> Iterator[tuple[str, str]]:
    if not amount.is_finite() or not 0 <= amount < LARGEST_AMOUNT:
        yield name, "An amount is not negative and below 10^12."
    elif amount != amount.quantize(Decimal("0.0001")):
        yield name, "An amount has at most four decimal places."


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _attribute_value(attribute: Attribute | None, value: AttributeValue) -> AttributeValue:
    if attribute is None:
        raise ValueError("Products of this type do not have this attribute.")
    if attribute.kind == AttributeKind.NUMBER:
        return _number(value)
    text = str(value)
    if attribute.kind == AttributeKind.CHOICE and text not in attribute.choices:
        raise ValueError(f"“{text[:80]}” is not among {', '.join(attribute.choices)}.")
    for _, message in _faults_of_text(attribute.code, text, longest=200):
        raise ValueError(message)
    return text


def _number(value: AttributeValue) -> int | float:
    """A JSON number: whole ones as int; no money is ever kept here."""
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"“{str(value)[:80]}” is not a number.") from error
    if not number.is_finite() or number.copy_abs() >= LARGEST_AMOUNT:  # abs() rounds, and so may overflow
        raise ValueError(f"“{str(value)[:80]}” is not a number we can keep.")
    return int(number) if number == number.to_integral_value() else float(number)


def variant_draft_of(variant: ProductVariant) -> VariantDraft:
    return VariantDraft(
        sku=variant.sku,
        price_amount=variant.price_amount,
        compare_at_amount=variant.compare_at_amount,
        options=variant.options,
        barcode=variant.barcode,
        weight_grams=variant.weight_grams,
    )


def draft_of(
    product: Product,
    *,
    variants: list[ProductVariant],
    categories: frozenset[CategoryPath],
    tags: frozenset[str],
    related: tuple[str, ...],
) -> ProductDraft:
    """What is stored, in the form in which it would be handed in; `variants` are the active ones in their order."""
    return ProductDraft(
        slug=product.slug,
        name=product.name,
        product_type=product.product_type.code,
        description=product.description,
        attributes=product.attributes,
        categories=categories,
        tags=tags,
        is_featured=product.is_featured,
        variants=tuple(variant_draft_of(variant) for variant in variants),
        specifications=specifications_of(product.specifications),
        seo_title=product.seo_title,
        seo_description=product.seo_description,
        related=related,
        translations=from_kept(product.translations),
    )
