"""OpenAPI components of the catalogue. Answers are stored JSON; these classes only describe it.

They are made from the shapes in `apps.catalog.documents`, so that what is documented is what is stored.
"""

from __future__ import annotations

from functools import cache
from types import NoneType
from typing import Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints, is_typeddict

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog import documents
from apps.catalog.models import Attribute, Tag
from apps.common.api.fields import MoneyField

AnyField: TypeAlias = serializers.Field[Any, Any, Any, Any]

_PLAIN: dict[Any, type[AnyField]] = {
    str: serializers.CharField,
    int: serializers.IntegerField,
    bool: serializers.BooleanField,
}
_MARKED: dict[Any, type[AnyField]] = {
    "uuid": serializers.UUIDField,
    "date-time": serializers.DateTimeField,
    "date": serializers.DateField,
    "money": MoneyField,
}


@cache
def serializer_for(shape: Any) -> type[serializers.Serializer[Any]]:
    """A serializer class with a field per key of the TypedDict; what is noted `About` a key becomes its description."""
    fields = {key: _field(hint) for key, hint in get_type_hints(shape, include_extras=True).items()}
    return type(f"{shape.__name__}Serializer", (serializers.Serializer,), {**fields, "__doc__": shape.__doc__ or ""})


def _field(hint: Any, **options: Any) -> AnyField:
    if hint in _PLAIN:
        return _PLAIN[hint](**options)
    if is_typeddict(hint):
        return serializer_for(hint)(**options)
    if get_origin(hint) is Annotated:
        return _annotated(*get_args(hint), **options)
    if NoneType in get_args(hint):
        (inner,) = (part for part in get_args(hint) if part is not NoneType)
        return _field(inner, allow_null=True, **options)
    if get_origin(hint) is list:
        (inner,) = get_args(hint)
        if inner is int:
            return serializers.ListField(child=_PLAIN[int](), **options)
        return _field(inner, many=True, **options)
    if hint == dict[str, str]:
        return serializers.DictField(child=_PLAIN[str](), **options)
    return serializers.DictField(**options)


def _annotated(inner: Any, *notes: Any, **options: Any) -> AnyField:
    for note in notes:
        if isinstance(note, documents.About):
            options["help_text"] = note.text
    mark = next((note for note in notes if note in _MARKED), None)
    return _field(inner, **options) if mark is None else _MARKED[mark](**options)


CardSerializer = serializer_for(documents.Card)
DetailSerializer = serializer_for(documents.Detail)


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/CategoryNode"}})
class _ChildrenField(serializers.Field[Any, Any, Any, Any]):
    """Categories inside a category: the one shape that contains itself."""


class CategoryNodeSerializer(serializers.Serializer[documents.CategoryNode]):
    slug = serializers.CharField()
    name = serializers.CharField()
    product_count = serializers.IntegerField(help_text="Products in it and below.")
    children = _ChildrenField()


_PLAIN[documents.CategoryNode] = CategoryNodeSerializer
HomeSerializer = serializer_for(documents.Home)


class NameField(serializers.CharField):
    """In the language of the request, or else the shop's own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)

    def to_representation(self, value: Any) -> str:
        name: str = value.names.get(self.context.get("language")) or value.name
        return name


class TagSerializer(serializers.ModelSerializer[Tag]):
    name = NameField()
    product_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Tag
        fields = ["slug", "name", "product_count"]


class AttributeSerializer(serializers.ModelSerializer[Attribute]):
    name = NameField()
    choice_names = serializers.SerializerMethodField(help_text="What the choices are called, where that is not itself.")
    product_types = serializers.SlugRelatedField[Any](slug_field="code", many=True, read_only=True)

    class Meta:
        model = Attribute
        fields = ["code", "name", "kind", "choices", "choice_names", "product_types"]

    def get_choice_names(self, attribute: Attribute) -> dict[str, str]:
        names: dict[str, str] = attribute.choice_names.get(self.context.get("language"), {})
        return names
