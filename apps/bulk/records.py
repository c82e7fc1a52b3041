"""How rows of the catalogue become JSON and come back, by their tables' own columns.

Nothing is listed by hand but what is left out, with the reason: a column that is added tomorrow is exported and read
back without anybody thinking of it, and a table that is added makes a test fail until it stands in one of the two.
Rows are named by what people know them by (`NAMED_BY`), never by their keys.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from apps.catalog.services.images import FOLDER

Json: TypeAlias = dict[str, Any]
Model: TypeAlias = type[models.Model]

NAMED_BY = {
    "catalog.Attribute": "code",
    "catalog.ProductType": "code",
    "catalog.Category": "slug",
    "catalog.Tag": "slug",
    "catalog.Product": "slug",
    "catalog.ProductVariant": "sku",
    "inventory.StockLocation": "code",
}

# Rows that belong to a product or a variant: the column that says to which, and where they stand in the JSON.
ROWS_OF_PRODUCT = {"catalog.ProductImage": ("product", "images"), "catalog.ProductSlug": ("product", "slugs")}
ROWS_OF_PRODUCT["catalog.RelatedProduct"] = ("product", "related")
ROWS_OF_VARIANT = {"catalog.Offer": ("variant", "offers")}
WRITTEN_BY_TRIGGERS = {"catalog.ProductSlug"}  # only added to; a row is there already, or of nobody else

_MADE = "it is made from the rest"
LEFT_OUT = {
    "catalog.ProductDocument": _MADE,
    "catalog.TranslatedDocument": _MADE,
    "catalog.SearchText": _MADE,
    "catalog.SearchWord": _MADE,
    "catalog.DocumentCount": _MADE,
    "catalog.Edition": "it counts the changes of this database",
    "catalog.ProductTurn": _MADE,
    "catalog.CategorySlug": "it stands in its category's line",
    "catalog.ProductRating": "it is the sum of reviews, which are not the catalogue's",
    "catalog.Search": "it is what people have looked for, not what is sold",
    "catalog.SearchAction": "it is what people have looked for, not what is sold",
    "catalog.SearchSynonym": "it belongs to the search of the whole shop",
    "catalog.Product.store": "a file is read into a store",
    "catalog.Category.path": "`parent` says where it stands",
    "catalog.Category.depth": "`parent` says where it stands",
    "catalog.Category.numchild": "`parent` says where it stands",
    "catalog.ProductVariant.product": "it stands inside its product",
    "inventory.StockLocation.store": "a file is read into a store",
}
_OF_THIS_DATABASE = {"id", "created_at", "updated_at"}


def table(label: str) -> Model:
    return apps.get_model(label)


@cache
def columns(model: Model) -> tuple[models.Field[Any, Any], ...]:
    """The columns that a file holds of the table's rows."""
    label = model._meta.label
    owner = {**ROWS_OF_PRODUCT, **ROWS_OF_VARIANT}.get(label, ("", ""))[0]
    return tuple(
        field
        for field in model._meta.concrete_fields
        if field.name not in _OF_THIS_DATABASE | {owner}
        and f"{label}.{field.name}" not in LEFT_OUT
        and not isinstance(field, models.AutoField)
    )


class Unreadable(Exception):
    """A row's JSON cannot be what we wrote; `column` is where, the message one sentence for a person."""

    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.column = column


class Names:
    """The names of rows by their keys, and the keys by the names; each table is asked once for all that is needed."""

    def __init__(self) -> None:
        self._names: dict[str, dict[Any, Any]] = defaultdict(dict)
        self._keys: dict[str, dict[Any, Any]] = defaultdict(dict)

    def learn(self, model: Model, *, keys: Collection[Any] = (), names: Collection[Any] = ()) -> None:
        label, column = model._meta.label, NAMED_BY[model._meta.label]
        found = model._default_manager.filter(
            models.Q(pk__in=set(keys) - self._names[label].keys())
            | models.Q(**{f"{column}__in": [name for name in names if name not in self._keys[label]]})
        )
        for key, name in found.values_list("pk", column):
            self._names[label][key], self._keys[label][name] = name, key

    def of(self, model: Model, key: Any) -> Any:
        if key not in self._names[model._meta.label]:
            self.learn(model, keys=[key])
        return self._names[model._meta.label][key]

    def key(self, model: Model, name: Any) -> Any:
        """None when no row has the name."""
        if name not in self._keys[model._meta.label]:
            self.learn(model, names=[name])
        return self._keys[model._meta.label].get(name)


def written(row: models.Model, names: Names) -> Json:
    """The row's columns as JSON."""
    return {field.name: _written(field, getattr(row, field.attname), names) for field in columns(type(row))}


def _written(field: models.Field[Any, Any], value: Any, names: Names) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return names.of(_target(field), value) if isinstance(field, models.ForeignKey) and value is not None else value
    if isinstance(field, models.FileField):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value


def values_of(model: Model, data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """What the JSON says, by the attributes of the model's rows; a column that it does not name is left as it is.

    Raises:
        Unreadable: there is a column that the table does not have, or a value that does not fit.
    """
    known = {field.name: field for field in columns(model)}
    for name in data.keys() - known.keys():
        raise Unreadable(name, "We know no such field.")
    values = {known[name].attname: _read(known[name], value, names) for name, value in data.items()}
    if model._meta.label == "catalog.ProductImage":
        _check_picture(values)
    return values


def _check_picture(values: Mapping[str, Any]) -> None:
    """Its files are a product's own: the storage has others, and what a picture names is shown and one day deleted."""
    file, stem = values.get("file", ""), values.get("rendition_stem", "")
    if not file.startswith(f"{FOLDER}/"):
        raise Unreadable("file", "This is no product's picture.")
    if stem and not re.fullmatch(re.escape(file.removesuffix(".webp")) + r"-[0-9a-f]+", stem):
        raise Unreadable("rendition_stem", "These are no renditions of the picture.")


def _read(field: models.Field[Any, Any], value: Any, names: Names) -> Any:
    if isinstance(field, models.ForeignKey):
        if value is None and field.null:
            return None
        key = names.key(_target(field), value) if isinstance(value, str) else None
        if key is None:
            raise Unreadable(field.name, f"There is no {_target(field)._meta.verbose_name} “{str(value)[:80]}”.")
        return key
    try:
        if isinstance(field, models.DecimalField) and isinstance(value, float):
            raise ValidationError("Amounts are written as text.")
        if isinstance(field, models.FileField):
            return _file_name(field, value)
        if isinstance(field, models.JSONField) and not _is_shaped_like(field.get_default(), value):
            raise ValidationError("This has another shape than what is kept there.")
        return field.clean(value, None)
    except ValidationError as error:
        raise Unreadable(field.name, " ".join(error.messages)) from error
    except (TypeError, ValueError) as error:
        raise Unreadable(field.name, f"“{str(value)[:80]}” cannot be kept there.") from error


def _is_shaped_like(empty: Any, value: Any) -> bool:
    """A list for a list; for an object one whose values are texts, numbers, objects or lists of objects."""
    if isinstance(empty, list):
        return isinstance(value, list) and all(isinstance(one, dict) for one in value)
    return isinstance(value, dict) and all(isinstance(one, str | int | float | dict) for one in value.values())


def _file_name(field: models.FileField, value: Any) -> str:
    """A file that lies in the storage already; a path that leads out of it is no name."""
    if not isinstance(value, str) or not value or value.startswith("/") or ".." in value or "\0" in value:
        raise ValidationError("This is no file's name.")
    if not field.storage.exists(value):
        raise ValidationError(f"There is no file “{value[:80]}” in the storage; copy the pictures first.")
    return value


def _target(field: models.Field[Any, Any]) -> Model:
    target: Any = field.related_model
    return target


def rows_by(model: Model, column: str, keys: Iterable[int]) -> dict[int, list[Any]]:
    """The table's rows by whom they belong to, in the order of their position or, without one, of their keys."""
    has_position = any(field.name == "position" for field in model._meta.concrete_fields)
    found: dict[int, list[Any]] = defaultdict(list)
    rows = model._default_manager.filter(**{f"{column}__in": list(keys)})
    for row in rows.order_by(*(["position", "pk"] if has_position else ["pk"])):
        found[getattr(row, f"{column}_id")].append(row)
    return found
