"""How a list of products can be narrowed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import django_filters
import orjson
from django import forms
from django.conf import settings
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django_filters.utils import translate_validation
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from apps.catalog import selectors
from apps.catalog.models import ProductDocument, Tag
from apps.catalog.selectors import CardList, Facet, Window, conditions_of, facets
from apps.fx_rates.exceptions import NoFitRate

ATTRIBUTE = "attribute."
MOST_FACETS = 12
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


class CategoryFilter(WordsFilter):
    """By slugs of categories; one that a category had once stands for the one that it has now."""

    def filter(self, documents: QuerySet[Any], slugs: list[str]) -> QuerySet[Any]:
        return super().filter(documents, self.parent.slugs_now(slugs))


class YesOrNoFilter(django_filters.TypedChoiceFilter):
    """`true` or `false` and nothing else, where the usual filter takes a misspelt value for none."""

    def __init__(self, about: str = "", **kwargs: Any) -> None:
        super().__init__(choices=_YES_OR_NO, coerce=lambda value: value == "true", **kwargs)
        extend_schema_field({"type": "boolean", "description": about})(self)


class PriceFilter(django_filters.NumberFilter):
    """By the lowest price; with `price_currency` by the figure that is shown in the second currency."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(field_name="price_from", max_digits=19, decimal_places=4, **kwargs)

    def filter(self, documents: QuerySet[Any], value: Decimal | None) -> QuerySet[Any]:
        rate = self.parent.rate
        if value is None or rate is None:
            return super().filter(documents, value)
        shown = selectors.bounds(self.lookup_expr, value, rate)
        return documents.filter(**{f"{self.field_name}__{lookup}": price for lookup, price in shown.items()})


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


def _currencies() -> list[tuple[str, str]]:
    return [(code, code) for code in (settings.BASE_CURRENCY, settings.SECOND_CURRENCY) if code]


class ProductFilterSet(django_filters.FilterSet):
    """Filters over the stored documents. Of a repeated parameter any value will do; different parameters narrow."""

    category = CategoryFilter(
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
    on_offer = YesOrNoFilter("It costs less than it did.", field_name="compare_at", lookup_expr="isnull", exclude=True)
    rating__gte = django_filters.NumberFilter(
        field_name="rating", lookup_expr="gte", max_digits=5, help_text="At least so many stars on average."
    )
    brand = AttributeFilter("Short for `attribute.brand`.")
    series = AttributeFilter("Short for `attribute.series`.")
    price_currency = django_filters.ChoiceFilter(
        method="priced_in", choices=_currencies, help_text="Of the figures in the price filters; the base currency's."
    )
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

    rate: Decimal | None = None
    """Given while filtering by prices in the second currency."""
    moved_categories: Mapping[str, str] = {}
    """As the window tells."""

    def slugs_now(self, slugs: list[str]) -> list[str]:
        return [self.moved_categories.get(slug, slug) for slug in slugs]

    @classmethod
    def named_by(cls, params: QueryDict) -> list[tuple[str, list[str]]]:
        """What of a request's parameters may name filters."""
        return [item for item in params.lists() if item[0] in cls.base_filters or item[0].startswith(ATTRIBUTE)]

    @classmethod
    def asked_by(cls, params: QueryDict) -> ProductFilterSet | None:
        """The filters that a request names, or None when it names none.

        Raises:
            ValidationError: a value is not right.
        """
        if not cls.named_by(params):
            return None
        wanted = cls(params, queryset=ProductDocument.objects.none())
        if not wanted.filters:
            return None
        if not wanted.is_valid():
            raise translate_validation(wanted.errors)
        return wanted

    def documents(self, window: Window, *, without: str = "") -> QuerySet[ProductDocument]:
        """What fits all filters but, if told, one.

        Raises:
            NoFitRate: prices in the second currency are asked for, and there are none now.
        """
        given = self.form.cleaned_data
        self.moved_categories = window.moved_categories
        if given.get("price_currency") == settings.SECOND_CURRENCY:
            if window.money.rate is None:
                raise NoFitRate(settings.SECOND_CURRENCY)
            self.rate = window.money.rate
        documents: QuerySet[ProductDocument] = ProductDocument.objects.all()
        for name, value in given.items():
            if name != without:
                documents = self.filters[name].filter(documents, value)
        return documents

    def count_key(self) -> str | None:
        """The key of the kept count for just the `documents` that were asked for last, if there is one."""
        given = [(name, value) for name, value in self.form.cleaned_data.items() if value not in (None, "", [])]
        if not given:
            return "all"
        if given == [("is_featured", True)]:
            return "is_featured"
        name, values = given[0]
        if len(given) > 1 or not isinstance(values, list) or len(values) > 1:
            return None
        filter_ = self.filters[name]
        if isinstance(filter_, AttributeFilter):  # a fraction can be written in many ways, the key in one
            return None if "." in values[0] else f"attribute:{filter_.field_name}={values[0]}"
        if isinstance(filter_, CategoryFilter):
            values = self.slugs_now(values)
        return f"{_KEPT_COUNTS[name]}:{values[0]}"

    def priced_in(self, documents: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Says how the other filters are meant, and narrows nothing."""
        return documents

    def having_a_tag_like(self, documents: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        alike = Tag.objects.filter(Q(name__icontains=value) | Q(slug__icontains=value))
        return documents.filter(tag_slugs__overlap=alike.values("slug"))

    def being_in_stock(self, documents: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        is_in_stock = Q(RawSQL(selectors.IN_STOCK, [], output_field=BooleanField()))  # noqa: S611  our own constant
        return documents.filter(is_in_stock if value else ~is_in_stock)


FACET_NAMES = facets.NAMES


def facets_asked_for(request: Request) -> list[str]:
    """What `facets` names, separated by commas.

    Raises:
        ValidationError: that is nothing that can be counted.
    """
    names = [name for given in request.query_params.getlist("facets") for name in given.split(",") if name]
    if any(name not in FACET_NAMES and not _ATTRIBUTE_NAME.fullmatch(name) for name in names):
        raise ValidationError({"facets": [f"Choose from {', '.join(FACET_NAMES)}, attribute.{{code}}."]})
    if len(names) > MOST_FACETS:
        raise ValidationError({"facets": [f"Ask for at most {MOST_FACETS} at a time."]})
    return list(dict.fromkeys(names))


Narrow = Callable[[QuerySet[ProductDocument]], QuerySet[ProductDocument]]


def list_of(
    filters: ProductFilterSet | None,
    ordering: str,
    names: Iterable[str],
    window: Window,
    found: Narrow | None = None,
    language: str = "",
) -> CardList:
    """The list that a request asks for. A facet counts what fits every other filter, so that one may choose anew.

    `found` narrows what is counted to what a search has found.
    """
    if filters is None and found is None:
        everything = ProductDocument.objects.all()
        return CardList(everything, ordering, "all", [Facet(name, "", ()) for name in names], language)

    def documents(without: str = "") -> QuerySet[ProductDocument]:
        return ProductDocument.objects.all() if filters is None else filters.documents(window, without=without)

    counted = [
        Facet(name, *conditions_of(found(documents(name)) if found is not None else documents(name))) for name in names
    ]
    wanted = documents()
    count_key = None if filters is None else filters.count_key()
    return CardList(wanted, ordering, count_key, counted, language)
