"""Products saved by the thousand: compared with what is stored, and only what differs is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.catalog.drafts import CategoryPath, ProductDraft, VariantDraft, draft_of
from apps.catalog.exceptions import ProductInvalid, ProductSavedElsewhere
from apps.catalog.models import Category, Product, ProductStatus, ProductType, ProductVariant, RelatedProduct, Tag
from apps.catalog.services.checking import check_drafts
from apps.catalog.services.documents import rebuild_documents
from apps.catalog.services.locks import hold_shelves_still
from apps.catalog.services.shelves import ensure_categories, ensure_tags
from apps.catalog.texts import as_kept, rows_of
from apps.stores.models import Store

BATCH = 1000
_PRODUCT_COLUMNS = [
    *("slug", "name", "description", "product_type", "attributes", "is_featured", "updated_at"),
    *("specifications", "seo_title", "seo_description", "translations"),
]
_VARIANT_COLUMNS = [
    *("barcode", "options", "price_amount", "compare_at_amount", "currency", "weight_grams"),
    *("position", "is_active", "updated_at"),
]


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
class _Change:
    product: Product
    draft: ProductDraft
    has_other_related: bool


@transaction.atomic
def save_products(
    *,
    store: Store,
    drafts: Sequence[ProductDraft],
    status_of_new: ProductStatus = ProductStatus.PUBLISHED,
    after_batch: Callable[[int], None] = lambda done: None,
) -> Saved:
    """Make or change the store's products so that they are as in the drafts, known by their slug; all or none.

    What is stored like that already is not written. Existing products keep their status. `after_batch` is told how
    many drafts have been dealt with.

    Raises:
        ProductInvalid: a draft is faulty, see `check_drafts`, or a price not above that of an offer; the errors are
            those of the first one.
        ProductSavedElsewhere: another writer came in between.
    """
    checked = check_drafts(store=store, drafts=drafts)
    if checked.faulty:
        raise ProductInvalid(next(iter(checked.faulty.values())))
    sound, saved = list(checked.sound.values()), Saved()
    places = _place(sound)
    for start in range(0, len(sound), BATCH):
        batch = sound[start : start + BATCH]
        own = Product.objects.filter(store=store, slug__in=[draft.slug for draft in batch])
        known = {product.slug: product for product in lock_products(own)}
        _save_batch(store, [(known.get(draft.slug), draft) for draft in batch], places, saved, status_of_new)
        after_batch(start + len(batch))
    return saved


def save_one(*, store: Store, product: Product | None, draft: ProductDraft) -> Product:
    """Write one checked draft to its product, which the caller has locked, or to a new one, which begins as a draft."""
    _save_batch(store, [(product, draft)], _place([draft]), Saved(), ProductStatus.DRAFT)
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
) -> None:
    stored = drafts_of([product for product, _ in pairs if product is not None])
    changes = []
    for product, given in pairs:
        before = None if product is None else stored[product.pk]
        draft = given.beside(before)
        if product is None:
            saved.created.append(draft.slug)
            product = _new_product(store, status_of_new)
        elif stored[product.pk] != draft:
            saved.updated.append(draft.slug)
            product.updated_at = Now()
        else:
            saved.unchanged.append(draft.slug)
            continue
        changes.append(_Change(product, draft, (draft.related or ()) != (before.related if before else ())))
    if changes:
        _write(store, changes, places)


def _new_product(store: Store, status: ProductStatus) -> Product:
    return Product(store=store, status=status, published_at=Now() if status == ProductStatus.PUBLISHED else None)


def _write(store: Store, changes: Sequence[_Change], places: _Places) -> None:
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
    rebuild_documents(product_ids=[change.product.pk for change in changes])


def _write_products(changes: Sequence[_Change], places: _Places) -> None:
    for change in changes:
        product, draft = change.product, change.draft
        product.slug, product.name, product.description = draft.slug, draft.name, draft.description
        product.product_type = places.types[draft.product_type]
        product.attributes, product.is_featured = dict(draft.attributes), draft.is_featured
        product.specifications = rows_of(draft.specifications or ())
        product.seo_title, product.seo_description = draft.seo_title or "", draft.seo_description or ""
        product.translations = as_kept(draft.translations or {})
    Product.objects.bulk_create(
        [change.product for change in changes],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=_PRODUCT_COLUMNS,
    )


def _write_variants(store: Store, changes: Sequence[_Change]) -> None:
    """Write the variants of the drafts; the others of these products are no longer sold, but stay for the orders."""
    products = [change.product for change in changes]
    left = {variant.sku: variant for variant in ProductVariant.objects.filter(product__in=products)}
    rows = []
    for change in changes:
        for position, draft in enumerate(change.draft.variants):
            variant = left.pop(draft.sku, None) or ProductVariant(product=change.product, sku=draft.sku)
            rows.append(_filled(variant, draft, position, store.base_currency))
    for variant in left.values():
        variant.is_active = False
    rows.extend(left.values())
    ProductVariant.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=_VARIANT_COLUMNS
    )


def _filled(variant: ProductVariant, draft: VariantDraft, position: int, currency: str) -> ProductVariant:
    variant.barcode, variant.options = draft.barcode, dict(draft.options)
    variant.price_amount, variant.compare_at_amount = draft.price_amount, draft.compare_at_amount
    variant.currency, variant.weight_grams = currency, draft.weight_grams
    variant.position, variant.is_active = position, True
    if variant.pk is not None:
        variant.updated_at = Now()
    return variant


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
