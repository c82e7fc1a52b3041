"""Whether drafts can be saved: their own faults, and what is taken already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from apps.catalog.drafts import Errors, ProductDraft, clean
from apps.catalog.models import Attribute, Product, ProductSlug, ProductType, ProductVariant
from apps.stores.models import Store


@dataclass(frozen=True, slots=True)
class Checked:
    """Drafts by their place in what was handed in: those that can be saved, and what is wrong with the others."""

    sound: dict[int, ProductDraft]
    faulty: dict[int, Errors]


@dataclass(slots=True)
class _Taken:
    """Who has a slug or a SKU: the key of a stored product, or the place of an earlier draft as a negative number.

    A slug is also its who had it once. `how` says how a stored product has one that is not simply its own of now.
    """

    owner_of_slug: dict[str, int]
    owner_of_sku: dict[str, int]
    how: dict[str, str]
    related: set[str]  # slugs of stored products


def check_drafts(*, store: Store, drafts: Sequence[ProductDraft]) -> Checked:
    """Say which drafts could be saved into the store, where a product is known by its slug; writes nothing."""
    slugs = _storable(draft.slug for draft in drafts)
    own = dict(Product.objects.filter(store=store, slug__in=slugs).values_list("slug", "pk"))
    return check_pairs([(own.get(draft.slug), draft) for draft in drafts])


def check_pairs(pairs: Sequence[tuple[int | None, ProductDraft]]) -> Checked:
    """The same for drafts beside the keys of their products; None is a new one."""
    checked = Checked({}, {})
    types, taken = _attributes_by_type(), _look_up([draft for _, draft in pairs])
    for index, (product_id, draft) in enumerate(pairs):
        if draft.product_type in types:
            cleaned, errors = clean(draft, types[draft.product_type])
        else:
            cleaned, errors = clean(replace(draft, attributes={}), {})
            errors["product_type"] = [f"There is no product type “{draft.product_type[:50]}”."]
        me = -1 - index if product_id is None else product_id
        for name, message in _claim(me, draft, taken):
            errors.setdefault(name, []).append(message)
        if errors:
            checked.faulty[index] = errors
        else:
            checked.sound[index] = cleaned
    return checked


def _claim(me: int, draft: ProductDraft, taken: _Taken) -> Iterator[tuple[str, str]]:
    """Take the slug and the SKUs of a draft, and name those that somebody else has."""
    if taken.owner_of_slug.setdefault(draft.slug, me) != me:
        yield "slug", taken.how.get(draft.slug, "Another product has this slug.")
    for slug in draft.related or ():
        if slug not in taken.related and slug not in taken.owner_of_slug:
            yield "related", f"There is no product “{slug[:140]}”."
    for index, variant in enumerate(draft.variants):
        if taken.owner_of_sku.setdefault(variant.sku, me) != me:
            yield f"variants.{index}.sku", f"Another product has the SKU “{variant.sku[:64]}”."


def _look_up(drafts: Sequence[ProductDraft]) -> _Taken:
    slugs = _storable(draft.slug for draft in drafts)
    skus = _storable(variant.sku for draft in drafts for variant in draft.variants)
    kept = list(ProductSlug.objects.filter(slug__in=slugs).select_related("product"))
    related = _storable(slug for draft in drafts for slug in draft.related or ())
    return _Taken(
        {one.slug: one.product_id for one in kept},
        dict(ProductVariant.objects.filter(sku__in=skus).values_list("sku", "product_id")),
        {one.slug: sentence for one in kept if (sentence := _how(one))},
        set(Product.objects.filter(slug__in=related).values_list("slug", flat=True)) if related else set(),
    )


def _how(kept: ProductSlug) -> str:
    product = kept.product
    if kept.slug != product.slug:
        return f"It is an old address of “{product.name}” and still leads there, until that product gives it up."
    if product.deleted_at is not None:
        return f"The deleted product “{product.name}” has this slug; restore it, or give it another one first."
    return ""


def _storable(words: Iterable[str]) -> list[str]:
    """Without those that PostgreSQL cannot even be asked about."""
    return [word for word in words if "\0" not in word]


def _attributes_by_type() -> dict[str, dict[str, Attribute]]:
    types = ProductType.objects.prefetch_related("attributes")
    return {kind.code: {attribute.code: attribute for attribute in kind.attributes.all()} for kind in types}
