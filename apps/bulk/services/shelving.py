"""The lines of a product file that come before the products: attributes, types, categories, tags and places."""

from __future__ import annotations

from typing import Any

from apps.bulk import records
from apps.bulk.records import Json, Names, Unreadable
from apps.catalog import services as catalog_services
from apps.catalog.exceptions import CategoryInvalid
from apps.catalog.models import Attribute, Category, CategorySlug, Product, ProductType, Tag
from apps.inventory.models import StockLocation
from apps.stores.models import Store


class ShelfRefused(Exception):
    """The catalogue does not take the line; the message is one sentence for a person."""


class Shelves:
    """Makes what is missing and brings the rest to what the file says; only what differs is written."""

    def __init__(self, store: Store, names: Names) -> None:
        self._store, self._names = store, names
        self._touched: set[int] = set()

    def touched_products(self) -> list[int]:
        """Products whose documents may say something of a shelf that has changed."""
        return sorted(self._touched)

    def put(self, kind: str, data: Json) -> None:
        """Raises Unreadable or ShelfRefused."""
        put = {
            "attribute": self._attribute,
            "product_type": self._product_type,
            "category": self._category,
            "tag": self._tag,
            "location": self._location,
        }.get(kind)
        if put is None:
            raise ShelfRefused(f"There is no kind of line called “{kind[:40]}”.")
        _require_names(data)
        put(data)

    def _attribute(self, data: Json) -> None:
        values = records.values_of(Attribute, data, self._names)
        row = _find(Attribute, code=_text(data, "code"))
        if row is None:
            Attribute.objects.create(**values)
            return
        if values.get("kind", row.kind) != row.kind:
            raise Unreadable("kind", f"{row} is of the kind {row.kind}, for ever.")
        kept = [*row.choices, *(choice for choice in values.get("choices", []) if choice not in row.choices)]
        self._change(row, {**values, "choices": kept}, Product.objects.filter(attributes__has_key=row.code))

    def _product_type(self, data: Json) -> None:
        codes = data.get("attributes", [])
        values = records.values_of(ProductType, {k: v for k, v in data.items() if k != "attributes"}, self._names)
        attributes = list(Attribute.objects.filter(code__in=codes if isinstance(codes, list) else []))
        if not isinstance(codes, list) or len(attributes) != len(codes):
            raise Unreadable("attributes", "There is no such attribute.")
        row = _find(ProductType, code=_text(data, "code"))
        if row is None:
            row = ProductType.objects.create(**values)
        else:
            self._change(row, values, row.products.all())
        row.attributes.add(*attributes)

    def _category(self, data: Json) -> None:
        own = {k: v for k, v in data.items() if k not in ("parent", "former_slugs")}
        values = records.values_of(Category, own, self._names)
        slug, name, above = _text(data, "slug"), _text(data, "name"), data.get("parent")
        parent = None if above is None else _find(Category, slug=above)
        if above is not None and parent is None:
            raise Unreadable("parent", f"There is no category “{str(above)[:80]}”.")
        parent_id = None if parent is None else parent.pk
        row = _find(Category, slug=slug)
        try:
            if row is None:
                row = catalog_services.add_category(name=name, slug=slug, parent_id=parent_id)
            elif (row.name, _pk(Category.objects.get_parent(row))) != (name, parent_id):
                row = catalog_services.change_category(category_id=row.pk, name=name, slug=slug, parent_id=parent_id)
        except CategoryInvalid as refusal:
            raise ShelfRefused(refusal.detail) from refusal
        row = Category.objects.get(pk=row.pk)
        self._keep_former_slugs(row, data.get("former_slugs", []))
        self._change(row, values, Product.objects.filter(categories__path__startswith=row.path))

    def _keep_former_slugs(self, row: Any, slugs: Any) -> None:
        if not isinstance(slugs, list) or not all(isinstance(slug, str) for slug in slugs):
            raise Unreadable("former_slugs", "This is no list of slugs.")
        foreign = CategorySlug.objects.filter(slug__in=slugs).exclude(category=row).first()
        if foreign is not None:
            raise Unreadable("former_slugs", f"“{foreign}” leads to another category.")
        made = [CategorySlug(slug=CategorySlug._meta.pk.clean(slug, None), category=row) for slug in slugs]
        CategorySlug.objects.bulk_create(made, ignore_conflicts=True)

    def _tag(self, data: Json) -> None:
        values = records.values_of(Tag, data, self._names)
        row = _find(Tag, slug=_text(data, "slug"))
        if row is None:
            Tag.objects.create(**values)
        else:
            self._change(row, values, row.products.all())

    def _location(self, data: Json) -> None:
        values = records.values_of(StockLocation, data, self._names)
        row = StockLocation.objects.filter(store=self._store, code=_text(data, "code")).first()
        if row is None:
            StockLocation.objects.create(store=self._store, **values)
        else:
            self._change(row, {k: v for k, v in values.items() if k != "public_id"}, Product.objects.none())

    def _change(self, row: Any, values: Json, products: Any) -> None:
        different = {name: value for name, value in values.items() if getattr(row, name) != value}
        if different:
            for name, value in different.items():
                setattr(row, name, value)
            row.save(update_fields=list(different))
            self._touched.update(products.values_list("pk", flat=True))


def _find(model: Any, **named: Any) -> Any:
    return model._default_manager.filter(**named).first()


def _pk(row: Any) -> int | None:
    return None if row is None else row.pk


def _require_names(data: Json) -> None:
    """Names in other languages stand in every document: another shape would keep all of them from being written."""
    choices = data.get("choice_names", {})
    for column, said in (
        ("names", [data.get("names", {})]),
        ("choice_names", [*choices.values()] if isinstance(choices, dict) else [None]),
    ):
        if not all(isinstance(one, dict) and all(isinstance(text, str) for text in one.values()) for one in said):
            raise Unreadable(column, "These are no names by their languages.")


def _text(data: Json, key: str) -> str:
    text = data.get(key)
    if not isinstance(text, str) or not text:
        raise Unreadable(key, "It is missing.")
    return text
