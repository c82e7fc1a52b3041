"""Products saved by the thousand: compared with what is stored, and only what differs is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from apps.catalog.drafts import CategoryPath, ProductDraft, VariantDraft, draft_of, variant_draft_of
from apps.catalog.exceptions import ProductInvalid, ProductSavedElsewhere
from apps.catalog.models import Category, Product, ProductStatus, ProductType, ProductVariant, RelatedProduct, Tag
from apps.catalog.services.checking import check_drafts
from apps.catalog.services.documents import rebuild_documents
from apps.catalog.services.images import ask_for_renditions, copy_images
from apps.catalog.services.locks import hold_shelves_still
from apps.catalog.services.shelves import ensure_categories, ensure_tags
from apps.catalog.texts import as_kept, rows_of
from apps.common import sql
from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.stores.models import Store

BATCH = 1000
_NO_PICTURES: Mapping[str, int] = {}


@dataclass(slots=True)
class Saved:
    """Slugs of what was made, changed and found as it should be."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Places:
    """What drafts name by words."""

    types: dict[str, ProductType]
    categories: dict[CategoryPath, int]
    tags: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Whose a new product shows too, by its slug, and the files among them that have no renditions yet."""

    of_new: Mapping[str, int]
    bare: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Change:
    product: Product
    draft: ProductDraft
    has_other_related: bool
    pictures_of: int | None  # the key of a product whose pictures it shows too; only a new one has none of its own


@transaction.atomic
def save_products(
    *,
    store: Store,
    drafts: Sequence[ProductDraft],
    status_of_new: ProductStatus = ProductStatus.PUBLISHED,
    pictures_of_new: Mapping[str, int] = _NO_PICTURES,
    after_batch: Callable[[int], None] = lambda done: None,
) -> Saved:
    """Make or change the store's products so that they are as in the drafts, known by their slug; all or none.

    What is stored like that already is not written. Existing products keep their status. `pictures_of_new` says by slug
    which product's pictures a new one shows as well. `after_batch` is told how many drafts have been dealt with.

    Raises:
        ProductInvalid: a draft is faulty, see `check_drafts`, or a price not above that of an offer; the errors are
            those of the first one.
        ProductSavedElsewhere: another writer came in between.
    """
    checked = check_drafts(store=store, drafts=drafts)
    if checked.faulty:
        raise ProductInvalid(next(iter(checked.faulty.values())))
    sound, saved = list(checked.sound.values()), Saved()
    places, pictures = _place(sound), _Pictures(pictures_of_new)
    for start in range(0, len(sound), BATCH):
        batch = sound[start : start + BATCH]
        own = Q(store=store, slug__in=[draft.slug for draft in batch])
        shown = {pictures_of_new[draft.slug] for draft in batch if draft.slug in pictures_of_new}
        locked = lock_products(Product.objects.filter(own | Q(pk__in=shown) if shown else own))
        known = {product.slug: product for product in locked}
        pairs = [(known.get(draft.slug), draft) for draft in batch]
        _save_batch(store, pairs, places, saved, status_of_new, pictures)
        after_batch(start + len(batch))
    ask_for_renditions(pictures.bare)
    return saved


def save_one(*, store: Store, product: Product | None, draft: ProductDraft) -> Product:
    """Write one checked draft to its product, which the caller has locked, or to a new one, which begins as a draft."""
    _save_batch(store, [(product, draft)], _place([draft]), Saved(), ProductStatus.DRAFT, _Pictures({}))
    return Product.objects.get(slug=draft.slug)


def lock_products(products: QuerySet[Product]) -> list[Product]:
    """Lock the rows in the order of their keys; rows that point at them may still be added."""
    rows = products.select_related("product_type", "store").order_by("pk")
    return list(rows.select_for_update(of=("self",), no_key=True))


def drafts_of(products: Collection[Product]) -> dict[int, ProductDraft]:
    """What is stored of these products, by key, in the form in which it would be handed in."""
    ids = [product.pk for product in products]
    variants: dict[int, list[ProductVariant]] = defaultdict(list)
    for variant in ProductVariant.objects.filter(product_id__in=ids, is_active=True).order_by("position", "pk"):
        variants[variant.product_id].append(variant)
    tags: dict[int, set[str]] = defaultdict(set)
    for product_id, slug in Tag.objects.filter(products__in=ids).values_list("products", "slug"):
        tags[product_id].add(slug)
    names = dict(Category.objects.values_list("path", "name"))
    related: dict[int, list[str]] = defaultdict(list)
    beside = RelatedProduct.objects.filter(product__in=ids).order_by("position", "pk")
    for product_id, slug in beside.values_list("product", "related__slug"):
        related[product_id].append(slug)
    categories: dict[int, set[CategoryPath]] = defaultdict(set)
    for product_id, path in Category.objects.filter(products__in=ids).values_list("products", "path"):
        categories[product_id].add(tuple(names[step] for step in Category.steps_to(path)))
    return {
        product.pk: draft_of(
            product,
            variants=variants[product.pk],
            categories=frozenset(categories[product.pk]),
            tags=frozenset(tags[product.pk]),
            related=tuple(related[product.pk]),
        )
        for product in products
    }


def _place(drafts: Collection[ProductDraft]) -> _Places:
    """Find the types, make the categories and tags that are missing, and hold the shelves still from then on."""
    categories = ensure_categories(paths={path for draft in drafts for path in draft.categories})
    hold_shelves_still()
    tags = ensure_tags(slugs={tag for draft in drafts for tag in draft.tags})
    return _Places({kind.code: kind for kind in ProductType.objects.all()}, categories, tags)


def _save_batch(
    store: Store,
    pairs: Sequence[tuple[Product | None, ProductDraft]],
    places: _Places,
    saved: Saved,
    status_of_new: ProductStatus,
    pictures: _Pictures,
) -> None:
    stored = drafts_of([product for product, _ in pairs if product is not None])
    changes, now = [], database_now()
    for product, given in pairs:
        before = None if product is None else stored[product.pk]
        draft = given.beside(before)
        pictures_of = pictures.of_new.get(draft.slug) if product is None else None
        if product is None:
            saved.created.append(draft.slug)
            product = _new_product(store, status_of_new, now)
        elif stored[product.pk] != draft:
            saved.updated.append(draft.slug)
        else:
            saved.unchanged.append(draft.slug)
            continue
        has_other_related = (draft.related or ()) != (before.related if before else ())
        changes.append(_Change(product, draft, has_other_related, pictures_of))
    if changes:
        pictures.bare.update(_write(store, changes, places))


def _new_product(store: Store, status: ProductStatus, now: datetime) -> Product:
    return Product(store=store, status=status, published_at=now if status == ProductStatus.PUBLISHED else None)


def _write(store: Store, changes: Sequence[_Change], places: _Places) -> set[str]:
    """Returns the files of pictures that have no renditions yet."""
    try:
        with transaction.atomic():
            _write_products(changes, places)
            _write_variants(store, changes)
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is not None and diagnosis.constraint_name == "offer_below_price":
            sentence = f"{diagnosis.message_primary} has an offer that is not over; its price must stay above that."
            raise ProductInvalid({"variants": [sentence]}) from error
        raise ProductSavedElsewhere("Another product got the same slug or SKU meanwhile; look again.") from error
    _write_links(changes, places)
    bare = copy_images({change.product.pk: change.pictures_of for change in changes if change.pictures_of is not None})
    rebuild_documents(product_ids=[change.product.pk for change in changes])
    return bare


def _write_products(changes: Sequence[_Change], places: _Places) -> None:
    new = [change.product for change in changes if change.product.pk is None]
    for product, key in zip(new, sql.new_keys(Product, len(new)) if new else [], strict=True):
        product.pk = key
    rows = [_product_row(change.product, change.draft, places) for change in changes]
    sql.put_rows(Product, rows, unique=["id"], only_new=["public_id", "store_id", "status", "published_at"])


def _product_row(product: Product, draft: ProductDraft, places: _Places) -> dict[str, Any]:
    return {
        "id": product.pk,
        "public_id": product.public_id,
        "store_id": product.store_id,
        "status": product.status,
        "published_at": product.published_at,
        "slug": draft.slug,
        "name": draft.name,
        "description": draft.description,
        "product_type_id": places.types[draft.product_type].pk,
        "attributes": draft.attributes,
        "is_featured": draft.is_featured,
        "specifications": rows_of(draft.specifications or ()),
        "seo_title": draft.seo_title or "",
        "seo_description": draft.seo_description or "",
        "translations": as_kept(draft.translations or {}),
    }


def _write_variants(store: Store, changes: Sequence[_Change]) -> None:
    """Write the variants of the drafts; the others of these products are no longer sold, but stay for the orders."""
    products = [change.product.pk for change in changes]
    left = {variant.sku: variant for variant in ProductVariant.objects.filter(product__in=products)}
    rows = []
    for change in changes:
        for position, draft in enumerate(change.draft.variants):
            known = left.pop(draft.sku, None)
            row = _variant_row(draft, store.base_currency, position)
            rows.append({**row, "product_id": change.product.pk, "public_id": known.public_id if known else new_id()})
    for variant in (variant for variant in left.values() if variant.is_active):
        row = _variant_row(variant_draft_of(variant), variant.currency, variant.position)
        rows.append({**row, "product_id": variant.product_id, "public_id": variant.public_id, "is_active": False})
    sql.put_rows(ProductVariant, rows, unique=["public_id"], only_new=["product_id", "sku"])


def _variant_row(draft: VariantDraft, currency: str, position: int) -> dict[str, Any]:
    return {
        "sku": draft.sku,
        "barcode": draft.barcode,
        "options": draft.options,
        "price_amount": draft.price_amount,
        "compare_at_amount": draft.compare_at_amount,
        "currency": currency,
        "weight_grams": draft.weight_grams,
        "position": position,
        "is_active": True,
    }


def _write_links(changes: Sequence[_Change], places: _Places) -> None:
    ids = [change.product.pk for change in changes]
    shelved, tagged = Product.categories.through, Product.tags.through
    shelved.objects.filter(product_id__in=ids).delete()
    tagged.objects.filter(product_id__in=ids).delete()
    shelved.objects.bulk_create(
        shelved(product_id=change.product.pk, category_id=places.categories[path])
        for change in changes
        for path in change.draft.categories
    )
    tagged.objects.bulk_create(
        tagged(product_id=change.product.pk, tag_id=places.tags[tag]) for change in changes for tag in change.draft.tags
    )
    _relate([change for change in changes if change.has_other_related])


def _relate(changes: Sequence[_Change]) -> None:
    if not changes:
        return
    slugs = {slug for change in changes for slug in change.draft.related or ()}
    keys = dict(Product.objects.filter(slug__in=slugs).values_list("slug", "pk"))
    RelatedProduct.objects.filter(product__in=[change.product for change in changes]).delete()
    RelatedProduct.objects.bulk_create(
        RelatedProduct(product=change.product, related_id=keys[slug], position=position)
        for change in changes
        for position, slug in enumerate(change.draft.related or ())
    )
