"""How a list of products can be narrowed."""

from __future__ import annotations

import re
from typing import Any

import django_filters
import orjson
from django import forms
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django_filters.utils import translate_validation
from drf_spectacular.utils import extend_schema_field

from apps.catalog import selectors
from apps.catalog.models import ProductDocument, Tag

ATTRIBUTE = "attribute."
_ATTRIBUTE_NAME = re.compile(r"attribute\.[-a-zA-Z0-9_]+")
_YES_OR_NO = [("true", "true"), ("false", "false")]
_KEPT_COUNTS = {"category": "category", "tags": "tag", "product_type": "product_type"}
_NUMBER = re.compile(r"(0|-?[1-9]\d{0,11})(\.\d{1,6})?")


class WordsField(forms.MultipleChoiceField):
    """The values of a parameter that may be repeated, whatever they are."""

    default_error_messages = {"invalid_choice": "This holds a NUL character."}

    def to_python(self, value: Any) -> list[str]:
        return [word for word in super().to_python(value) if word]

    def valid_value(self, value: str) -> bool:
        return "\0" not in value


class WordsFilter(django_filters.Filter):
    """Documents that have any of the words in an array or text column."""

    field_class = WordsField

    def __init__(self, about: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        extend_schema_field({"type": "array", "items": {"type": "string"}, "description": about})(self)


class YesOrNoFilter(django_filters.TypedChoiceFilter):
    """`true` or `false` and nothing else, where the usual filter takes a misspelt value for none."""

    def __init__(self, about: str = "", **kwargs: Any) -> None:
        super().__init__(choices=_YES_OR_NO, coerce=lambda value: value == "true", **kwargs)
        extend_schema_field({"type": "boolean", "description": about})(self)


class PriceFilter(django_filters.NumberFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(field_name="price_from", max_digits=19, decimal_places=4, **kwargs)


class AttributeFilter(WordsFilter):
    """Documents whose attribute has any of the values; what reads like a number is looked for as a number too."""

    def filter(self, documents: QuerySet[Any], values: list[str]) -> QuerySet[Any]:
        code = self.field_name
        matches = Q()
        for value in values:
            matches |= Q(attributes__contains={code: value})
            if _NUMBER.fullmatch(value):
                matches |= Q(attributes__contains={code: orjson.loads(value)})
        return documents.filter(matches) if values else documents


class ProductFilterSet(django_filters.FilterSet):
    """Filters over the stored documents. Of a repeated parameter any value will do; different parameters narrow."""

    category = WordsFilter(
        "Slugs; products in categories below count.", field_name="category_slugs", lookup_expr="overlap"
    )
    price = PriceFilter(help_text="The lowest price of the product, in the store's currency.")
    price__gt = PriceFilter(lookup_expr="gt")
    price__gte = PriceFilter(lookup_expr="gte")
    price__lt = PriceFilter(lookup_expr="lt")
    price__lte = PriceFilter(lookup_expr="lte")
    tags = WordsFilter("Slugs.", field_name="tag_slugs", lookup_expr="overlap")
    tags__icontains = django_filters.CharFilter(method="having_a_tag_like", help_text="Part of a tag's name.")
    description__icontains = django_filters.CharFilter(lookup_expr="icontains", field_name="description")
    is_featured = YesOrNoFilter()
    is_in_stock = YesOrNoFilter("At least one unit can be bought now.", method="being_in_stock")
    product_type = WordsFilter("Codes.", lookup_expr="in")
    base_filters: dict[str, django_filters.Filter]

    class Meta:
        model = ProductDocument
        fields: list[str] = []

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        # Only what the request names is prepared: preparing all takes longer than the query.
        named = {name: spec for name, spec in self.base_filters.items() if name in data}
        named |= {
            name: AttributeFilter(field_name=name.removeprefix(ATTRIBUTE))
            for name in data
            if _ATTRIBUTE_NAME.fullmatch(name)
        }
        self.base_filters = named
        super().__init__(data, *args, **kwargs)

    @classmethod
    def narrow(cls, params: QueryDict) -> tuple[QuerySet[ProductDocument], str | None]:
        """The documents that a request asks for, and the key of their `DocumentCount` if one is kept.

        Raises:
            ValidationError: a value is not right.
        """
        documents = ProductDocument.objects.all()
        if not params:
            return documents, "all"
        wanted = cls(params, queryset=documents)
        if not wanted.filters:
            return documents, "all"
        if not wanted.is_valid():
            raise translate_validation(wanted.errors)
        return wanted.qs, wanted._kept_count_key()

    def _kept_count_key(self) -> str | None:
        given = [(name, value) for name, value in self.form.cleaned_data.items() if value not in (None, "", [])]
        if not given:
            return "all"
        if given == [("is_featured", True)]:
            return "is_featured"
        name, values = given[0]
        if len(given) > 1 or not isinstance(values, list) or len(values) > 1:
            return None
        if name.startswith(ATTRIBUTE):  # a fraction can be written in many ways, the key in one
            return None if "." in values[0] else f"attribute:{name.removeprefix(ATTRIBUTE)}={values[0]}"
        return f"{_KEPT_COUNTS[name]}:{values[0]}"

    def having_a_tag_like(self, documents: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        alike = Tag.objects.filter(Q(name__icontains=value) | Q(slug__icontains=value))
        return documents.filter(tag_slugs__overlap=alike.values("slug"))

    def being_in_stock(self, documents: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        is_in_stock = Q(RawSQL(selectors.IN_STOCK, [], output_field=BooleanField()))  # noqa: S611  our own constant
        return documents.filter(is_in_stock if value else ~is_in_stock)
