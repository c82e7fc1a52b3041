"""The stored documents: rewritten whole, for one product or for many, in a bounded number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from apps.catalog import documents
from apps.catalog.documents import ProductParts
from apps.catalog.events import PriceChanged
from apps.catalog.models import (
    Category,
    Offer,
    Product,
    ProductDocument,
    ProductImage,
    ProductRating,
    ProductVariant,
    Tag,
    TranslatedDocument,
)
from apps.catalog.services.locks import hold_shelves_still
from apps.catalog.services.searching import write_search_texts
from apps.catalog.services.translated import write_translated
from apps.common import sql
from apps.outbox import services as outbox

BATCH = 1000


@transaction.atomic
def rebuild_documents(*, product_ids: Collection[int]) -> None:
    """Write the documents of these products anew, and remove those of products that shoppers may not see.

    A product is seen when it is published, not deleted, within its window, has an active variant and its store is open.
    Its row is locked before anything is read, so that of two writers the later one writes what both have left. When the
    clock alone will change what was written stands in `ProductTurn`; a price that is another than before is announced.
    """
    hold_shelves_still()
    ids = sorted(product_ids)
    for start in range(0, len(ids), BATCH):
        _rebuild(ids[start : start + BATCH])


@transaction.atomic
def set_popularity(*, units: Mapping[int, int]) -> int:
    """Order the list by how many units of each product were sold of late; what is not named sold none.

    Rows are locked in the order in which `rebuild_documents` writes them. Returns how many have another place now.
    """
    with connection.cursor() as cursor:
        cursor.execute(_POPULARITY, [list(units), list(units.values())])
        changed = cursor.fetchall()
        if changed:  # a statement that changes nothing would make an edition all the same
            cursor.execute(
                "UPDATE catalog_productdocument d SET popularity = n.units"
                " FROM unnest(%s::bigint[], %s::int[]) AS n(product_id, units) WHERE d.product_id = n.product_id",
                [list(column) for column in zip(*changed, strict=True)],
            )
    return len(changed)


_POPULARITY = """
SELECT d.product_id, COALESCE(n.units, 0) FROM catalog_productdocument d
LEFT JOIN unnest(%s::bigint[], %s::int[]) AS n(product_id, units) USING (product_id)
WHERE d.popularity <> COALESCE(n.units, 0) ORDER BY d.product_id FOR UPDATE OF d
"""


def _rebuild(product_ids: list[int]) -> None:
    loaded = _load(product_ids)
    before = _shown_prices(product_ids)
    ProductDocument.objects.filter(product_id__in=set(product_ids) - loaded.parts.keys()).delete()
    write_documents(loaded.parts.values())
    sql.execute(_WRITE_TURNS, product_ids, list(loaded.turns), list(loaded.turns), list(loaded.turns.values()))
    for product_id, parts in loaded.parts.items():
        _announce(parts, before.get(product_id, {}))


# A statement that writes nothing makes an edition as well; so does each of the documents' beside it.
_WRITE_TURNS = """
WITH gone AS (
    DELETE FROM catalog_productturn WHERE product_id = ANY(%s::bigint[]) AND product_id <> ALL(%s::bigint[])
)
INSERT INTO catalog_productturn AS known (product_id, due_at)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[])
ON CONFLICT (product_id) DO UPDATE SET due_at = excluded.due_at
"""
_SHOWN_PRICES = """
SELECT d.product_id, variant ->> 'id', (variant #>> '{price,amount}')::numeric
FROM catalog_productdocument d, json_array_elements(d.detail -> 'variants') variant WHERE d.product_id = ANY(%s)
"""


def _shown_prices(product_ids: list[int]) -> dict[int, dict[str, Decimal]]:
    """By product and variant, as shoppers were told until now; what they do not see has none."""
    shown: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for product_id, variant_id, amount in sql.fetch_all(_SHOWN_PRICES, product_ids):
        shown[product_id][variant_id] = amount
    return shown


def _announce(parts: ProductParts, before: Mapping[str, Decimal]) -> None:
    if not before:  # nobody saw it
        return
    prices = {variant.public_id: documents.price_of(variant, parts).price.rounded() for variant in parts.variants}
    now = {str(variant): price.amount for variant, price in prices.items()}
    if before != now:
        outbox.publish(
            PriceChanged(
                product_id=parts.product.pk,
                lowest_was=str(min(before.values())),
                lowest_now=str(min(now.values())),
                currency=parts.variants[0].currency,
            )
        )


def write_documents(parts: Collection[ProductParts]) -> None:
    """For whoever has all that they are made of at hand; what the search knows of them goes along."""
    written = [_document(part) for part in parts]
    sql.put_rows(ProductDocument, written, unique=["product_id"])
    translated = write_translated(parts)
    write_search_texts([(document["product_id"], document["detail"]) for document in written], translated)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What documents are made of at one moment, by product, and when the clock changes it the next time, if ever."""

    parts: dict[int, ProductParts]
    turns: dict[int, datetime]


def _load(product_ids: list[int]) -> _Loaded:
    products = [product for product in _lock(product_ids) if product.is_visible]
    ids = [product.pk for product in products]
    variants, images, tags = defaultdict(list), defaultdict(list), defaultdict(list)
    active = ProductVariant.objects.filter(product_id__in=ids, is_active=True).order_by("position", "pk")
    now = None
    for variant in active.annotate(read_at=Now()):  # the database's time after the lock
        variants[variant.product_id].append(variant)
        now = variant.read_at
    if now is None:
        return _Loaded({}, {})
    offers = defaultdict(list)
    for offer in Offer.objects.not_over().filter(variant__product_id__in=ids).select_related("variant"):
        offers[offer.variant.product_id].append(offer)
    turns = {product.pk: _moments_after(now, product, offers[product.pk]) for product in products}
    products = [product for product in products if variants[product.pk] and product.is_visible_at(now)]
    ids = [product.pk for product in products]
    for image in _images(ids):
        images[image.product_id].append(image)
    for product_id, slug, name, names in (
        Tag.objects.filter(products__in=ids).order_by("slug").values_list("products", "slug", "name", "names")
    ):
        tags[product_id].append(Tag(slug=slug, name=name, names=names))
    branches, ratings = _branches(ids), ProductRating.objects.in_bulk(ids)
    parts = {
        product.pk: ProductParts(
            product,
            variants[product.pk],
            images[product.pk],
            branches[product.pk],
            tags[product.pk],
            ratings.get(product.pk) or documents.unrated(),
            {offer.variant_id: offer for offer in offers[product.pk] if offer.is_running_at(now)},
        )
        for product in products
    }
    return _Loaded(parts, {product_id: min(moments) for product_id, moments in turns.items() if moments})


def _moments_after(now: datetime, product: Product, offers: Sequence[Offer]) -> list[datetime]:
    ends = (moment for offer in offers for moment in (offer.starts_at, offer.ends_at))
    moments = (product.publish_from, product.publish_until, *ends)
    return [moment for moment in moments if moment is not None and moment > now]


def _images(product_ids: list[int]) -> QuerySet[ProductImage]:
    return ProductImage.objects.filter(product_id__in=product_ids).select_related("variant").order_by("position")


def _lock(product_ids: list[int]) -> QuerySet[Product]:
    translated = Exists(TranslatedDocument.objects.filter(document=OuterRef("pk")))
    rows = Product.objects.filter(pk__in=product_ids).annotate(was_translated=translated).order_by("pk")
    return rows.select_related("store", "product_type").select_for_update(of=("self",), no_key=True)


def _branches(product_ids: Collection[int]) -> dict[int, list[list[Category]]]:
    """For each product its categories, each as the way there from the root."""
    placed = list(Category.objects.filter(products__in=product_ids).order_by("path").values_list("products", "path"))
    wanted = {step for _, path in placed for step in Category.steps_to(path)}
    by_path = {category.path: category for category in Category.objects.filter(path__in=wanted)}
    branches: dict[int, list[list[Category]]] = defaultdict(list)
    for product_id, path in placed:
        branches[product_id].append([by_path[step] for step in Category.steps_to(path)])
    return branches


def _document(parts: ProductParts) -> dict[str, Any]:
    """By column; `popularity` is not ours to write."""
    product, prices = parts.product, documents.prices_of(parts)
    cheapest, highest = prices.cheapest, prices.highest
    card = documents.card_of(parts, prices)
    return {
        "product_id": product.pk,
        "public_id": product.public_id,
        "slug": product.slug,
        "store_id": product.store_id,
        "card": card,
        "detail": documents.detail_of(parts, prices, card),
        "name": product.name,
        "sort_name": documents.sort_name(product.name),
        "description": product.description,
        "product_type": product.product_type.code,
        "price_from": cheapest.price.amount,
        "price_to": None if highest is None else highest.amount,
        "compare_at": None if cheapest.compare_at is None else cheapest.compare_at.amount,
        "is_featured": product.is_featured,
        "rating": parts.rating.average,
        "category_slugs": sorted({category.slug for branch in parts.branches for category in branch}),
        "tag_slugs": [tag.slug for tag in parts.tags],
        "attributes": product.attributes,
        "published_at": documents.published_at_of(product),
    }
