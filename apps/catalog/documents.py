"""What shoppers read of a product: the shapes of a list entry and of a page, and how a product fills them.

This is the one definition. Services store the two `…Document` shapes, selectors add what changes by the minute, and
`api/serializers.py` makes the OpenAPI components from the same classes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypedDict

from apps.catalog.models import (
    MOST_STARS,
    Category,
    Offer,
    Product,
    ProductImage,
    ProductRating,
    ProductVariant,
    Tag,
    rendition_name,
)
from apps.catalog.texts import other_languages
from apps.common.money import Money


@dataclass(frozen=True, slots=True)
class About:
    """What the API's documents say of a key."""

    text: str


PublicId = Annotated[str, "uuid"]
Moment = Annotated[str, "date-time"]
Day = Annotated[str, "date"]
MoneyJson = Annotated[dict[str, str], "money"]


class Renditions(TypedDict):
    """Copies of a picture, for `srcset`."""

    url: Annotated[str, About("Put one of `widths` for `{width}`, and `webp` or `jpg` for `{format}`.")]
    widths: Annotated[list[int], About("In pixels, the narrowest first.")]


class Image(TypedDict):
    url: Annotated[str, About("Relative to the API's host, or absolute when pictures are kept elsewhere.")]
    alt: str
    width: int
    height: int
    renditions: Annotated[Renditions | None, About("Null for the few seconds until they are made: show `url` then.")]


class PageImage(Image):
    variant: Annotated[PublicId | None, About("The variant that it shows, if it is one's own.")]


class KeptImage(PageImage):
    """A picture as those see it who keep it."""

    id: PublicId
    position: int
    is_primary: Annotated[bool, About("It stands first, and lists show it.")]


class Named(TypedDict):
    slug: str
    name: str


class CategoryBranch(Named):
    path: Annotated[list[Named], About("From the root down to this category.")]


class Rating(TypedDict):
    average: Annotated[str, About("Of one to five stars, with two places.")]
    count: Annotated[int, About("Of the reviews that are shown.")]


Histogram = TypedDict("Histogram", {"1": int, "2": int, "3": int, "4": int, "5": int})
"""How many reviews gave that many stars."""


class Specification(TypedDict):
    label: str
    value: str


class Seo(TypedDict):
    title: Annotated[str, About("For search engines; empty: the product's name will do.")]
    description: str


class CardDocument(TypedDict):
    id: PublicId
    slug: str
    name: str
    product_type: str
    price: Annotated[MoneyJson, About("The lowest among the variants, an offer's while one runs.")]
    price_to: Annotated[MoneyJson | None, About("The highest, when variants differ.")]
    compare_at_price: Annotated[MoneyJson | None, About("What the cheapest variant cost before an offer.")]
    offer_ends_at: Annotated[Moment | None, About("When the offer ends; null when none runs, or it has no end yet.")]
    image: Image | None
    is_featured: bool
    rating: Annotated[Rating | None, About("What buyers gave it; null when nobody has rated it yet.")]
    attributes: Annotated[dict[str, str | int | float], About("Values by attribute code, see /api/v1/attributes/.")]


class ShownRate(TypedDict):
    """By which rate prices in the second currency are told; frozen nowhere, an order freezes its own."""

    currency: str
    rate: Annotated[str | None, About("Units for one of the base currency; null when no rate is fit for use.")]
    source: str | None
    value_date: Annotated[Day | None, About("The bank day from which it holds.")]
    is_fallback: Annotated[bool, About("No rate is fit: the last accepted one plus the owner's margin.")]
    problem: Annotated[str | None, About("Why there are no prices in it, as a problem's code.")]


class _Local(TypedDict):
    local_price: Annotated[MoneyJson | None, About("`price` in the second currency at the rate of now.")]
    local_price_to: MoneyJson | None
    local_compare_at_price: MoneyJson | None


class Card(CardDocument, _Local):
    """A product in a list."""

    is_in_stock: Annotated[bool, About("At least one unit of a variant can be bought now.")]


class VariantDocument(TypedDict):
    id: PublicId
    sku: str
    title: Annotated[str, About("The options in words; empty for a product's only variant.")]
    options: dict[str, str]
    price: Annotated[MoneyJson, About("What it costs now: an offer's price while one runs.")]
    compare_at_price: Annotated[MoneyJson | None, About("What it cost before the offer.")]
    weight_grams: int
    barcode: str
    offer_ends_at: Annotated[Moment | None, About("When the offer ends; null when none runs, or it has no end yet.")]


class Variant(VariantDocument):
    """What is put into a cart."""

    available: Annotated[int, About("Units that can be bought now.")]
    local_price: Annotated[MoneyJson | None, About("`price` in the second currency at the rate of now.")]
    local_compare_at_price: MoneyJson | None


class _Page(CardDocument):
    description: str
    specifications: Annotated[list[Specification], About("In their order.")]
    seo: Seo
    rating_histogram: Histogram
    categories: list[CategoryBranch]
    tags: list[Named]
    images: list[PageImage]
    store: Named
    published_at: Moment


class DetailDocument(_Page):
    variants: list[VariantDocument]


class Detail(_Page, _Local):
    """A product's page."""

    is_in_stock: bool
    variants: list[Variant]
    related: Annotated[list[Card], About("What staff chose to show beside it, in their order; those that can be seen.")]
    rate: Annotated[ShownRate | None, About("Null in a shop with one currency.")]


class CategoryNode(Named):
    """A category with the categories below it."""

    product_count: Annotated[int, About("Products in it and below.")]
    children: list[CategoryNode]


class Home(TypedDict):
    """What a storefront's first page shows."""

    rate: Annotated[ShownRate | None, About("Null in a shop with one currency.")]
    featured: list[Card]
    new: list[Card]
    on_offer: list[Card]
    categories: list[CategoryNode]


def unrated() -> ProductRating:
    return ProductRating(stars=[0] * MOST_STARS)


@dataclass(slots=True)
class ProductParts:
    """A product with all that its documents need; variants are the active ones in their order, at least one.

    `offers` are those that run, by variant.
    """

    product: Product
    variants: Sequence[ProductVariant]
    images: list[ProductImage]
    branches: list[list[Category]]
    tags: list[Tag]
    rating: ProductRating = field(default_factory=unrated)
    offers: Mapping[int, Offer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PriceNow:
    """What a variant costs while nothing turns."""

    price: Money
    compare_at: Money | None
    offer_ends_at: str | None


def price_of(variant: ProductVariant, parts: ProductParts) -> PriceNow:
    offer = parts.offers.get(variant.pk)
    if offer is None:
        return PriceNow(variant.price, variant.compare_at, None)
    ends_at = None if offer.ends_at is None else _moment(offer.ends_at)
    return PriceNow(Money(offer.price_amount, variant.currency), variant.price, ends_at)


@dataclass(frozen=True, slots=True)
class PricesNow:
    """What a product costs: each variant in its order, the cheapest, and the highest price if it is another."""

    each: list[PriceNow]
    cheapest: PriceNow
    highest: Money | None


def prices_of(parts: ProductParts) -> PricesNow:
    each = [price_of(variant, parts) for variant in parts.variants]
    if len(each) == 1:
        return PricesNow(each, each[0], None)
    cheapest, highest = min(each, key=_amount), max(each, key=_amount).price
    return PricesNow(each, cheapest, None if highest == cheapest.price else highest)


def _amount(now: PriceNow) -> Decimal:
    return now.price.amount


def card_of(parts: ProductParts, prices: PricesNow) -> CardDocument:
    product, cheapest, highest = parts.product, prices.cheapest, prices.highest
    return {
        "id": str(product.public_id),
        "slug": product.slug,
        "name": product.name,
        "product_type": product.product_type.code,
        "price": cheapest.price.as_json(),
        "price_to": None if highest is None else highest.as_json(),
        "compare_at_price": _money(cheapest.compare_at),
        "offer_ends_at": cheapest.offer_ends_at,
        "image": image_of(parts.images[0]) if parts.images else None,
        "is_featured": product.is_featured,
        "rating": rating_of(parts.rating),
        "attributes": product.attributes,
    }


def detail_of(parts: ProductParts, prices: PricesNow, card: CardDocument) -> DetailDocument:
    product = parts.product
    return {
        **card,
        "description": product.description,
        "specifications": product.specifications,
        "seo": {"title": product.seo_title, "description": product.seo_description},
        "rating_histogram": histogram_of(parts.rating),
        "categories": [_branch(branch) for branch in parts.branches],
        "tags": [{"slug": tag.slug, "name": tag.name} for tag in parts.tags],
        "images": _page_images(parts.images, card["image"]),
        "store": {"slug": product.store.slug, "name": product.store.name},
        "published_at": _moment(published_at_of(product)),
        "variants": [variant_of(*pair) for pair in zip(parts.variants, prices.each, strict=True)],
    }


def _page_images(images: Sequence[ProductImage], first: Image | None) -> list[PageImage]:
    """The card shows the first one already."""
    shown = [first, *(image_of(image) for image in images[1:])]
    return [{**one, "variant": _variant_shown(image)} for one, image in zip(shown, images, strict=False) if one]


def languages_of(parts: ProductParts) -> list[str]:
    """The other languages in which the product, or something that its document names, says something."""
    named: list[Category | Tag] = [*parts.tags, *(category for branch in parts.branches for category in branch)]
    said = {*parts.product.translations, *(language for one in named for language in one.names)}
    return sorted(said & other_languages().keys()) if said else []


def in_language(parts: ProductParts, language: str) -> ProductParts:
    """The same product, saying in that language what it can, and the rest in the shop's own."""
    product = copy(parts.product)
    for column, text in product.translations.get(language, {}).items():
        setattr(product, column, text)
    branches = [[Category(slug=one.slug, name=_named(one, language)) for one in branch] for branch in parts.branches]
    tags = [Tag(slug=tag.slug, name=_named(tag, language)) for tag in parts.tags]
    return replace(parts, product=product, branches=branches, tags=tags)


def _named(one: Category | Tag, language: str) -> str:
    name: str = one.names.get(language) or one.name
    return name


def variant_of(variant: ProductVariant, now: PriceNow) -> VariantDocument:
    return {
        "id": str(variant.public_id),
        "sku": variant.sku,
        "title": variant.title,
        "options": variant.options,
        "price": now.price.as_json(),
        "compare_at_price": _money(now.compare_at),
        "weight_grams": variant.weight_grams,
        "barcode": variant.barcode,
        "offer_ends_at": now.offer_ends_at,
    }


def rating_of(rating: ProductRating) -> Rating | None:
    return {"average": str(rating.average), "count": rating.count} if rating.count else None


def histogram_of(rating: ProductRating) -> Histogram:
    ones, twos, threes, fours, fives = rating.stars
    return {"1": ones, "2": twos, "3": threes, "4": fours, "5": fives}


def image_of(image: ProductImage) -> Image:
    return {
        "url": image.file.url,
        "alt": image.alt,
        "width": image.width,
        "height": image.height,
        "renditions": _renditions_of(image),
    }


def page_image_of(image: ProductImage) -> PageImage:
    return {**image_of(image), "variant": _variant_shown(image)}


def _variant_shown(image: ProductImage) -> PublicId | None:
    return None if image.variant is None else str(image.variant.public_id)


def kept_image_of(image: ProductImage) -> KeptImage:
    return {
        **page_image_of(image),
        "id": str(image.public_id),
        "position": image.position,
        "is_primary": image.is_primary,
    }


def _renditions_of(image: ProductImage) -> Renditions | None:
    """Files that differ in two words have addresses that do: one is asked for, and the words are made blanks."""
    if not image.rendition_widths:
        return None
    width = image.rendition_widths[0]
    end = f"{width}.webp"
    address = image.file.storage.url(rendition_name(image.rendition_stem, width, "webp"))
    return {"url": address.removesuffix(end) + "{width}.{format}", "widths": image.rendition_widths}


def published_at_of(product: Product) -> datetime:
    """When a published product was first shown; the database refuses one that has no such time."""
    if product.published_at is None:
        raise ValueError(f"{product.slug} was never published and has no document")
    return max(product.published_at, product.publish_from or product.published_at)


def sort_name(name: str) -> str:
    """The name as it is ordered: without accents and capitals."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))[:200]


def _money(money: Money | None) -> dict[str, str] | None:
    return None if money is None else money.as_json()


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _branch(branch: list[Category]) -> CategoryBranch:
    path: list[Named] = [{"slug": category.slug, "name": category.name} for category in branch]
    return {**path[-1], "path": path}
