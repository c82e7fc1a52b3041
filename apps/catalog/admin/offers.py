"""Offers that run, come and are over, and the buttons of a product's page for what turns by the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
)

from apps.catalog import services
from apps.catalog.admin.forms import as_written
from apps.catalog.models import Offer, Product, ProductSlug, ProductVariant
from apps.common.admin import Button, ButtonForm, ButtonsMixin, Press, ReadOnlyAdmin, badge, link_to
from apps.common.money import Money

BY_THE_CLOCK = f"By the clock of {settings.SHOP_TIME_ZONE}."
_STATES = {"running": ("Running", "success"), "coming": ("Coming", "info"), "over": ("Over", "")}


class MomentField(forms.SplitDateTimeField):
    widget = UnfoldAdminSplitDateTimeWidget

    def __init__(self, *, otherwise: str, **kwargs: Any) -> None:
        super().__init__(required=False, help_text=f"{otherwise} {BY_THE_CLOCK}", **kwargs)


class PriceField(forms.DecimalField):
    widget = UnfoldAdminDecimalFieldWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=19, decimal_places=4, min_value=0, **kwargs)


class NewOfferForm(ButtonForm):
    """The names of its fields are those of `make_offers`, so that a refusal stands beside the field."""

    variants = forms.ModelMultipleChoiceField(ProductVariant.objects.none(), widget=UnfoldAdminSelectMultipleWidget)
    price_amount = PriceField(label="Price", help_text="Of each of them; below what each costs without it.")
    starts_at = MomentField(label="Starts", otherwise="Left empty, it starts now.")
    ends_at = MomentField(label="Ends", otherwise="Left empty, it runs until somebody ends it.")

    def __init__(self, *args: Any, obj: Product, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        variants: Any = self.fields["variants"]
        variants.queryset = obj.variants.filter(is_active=True).order_by("position", "pk")
        variants.initial = list(variants.queryset)
        variants.label_from_instance = lambda variant: f"{variant.sku} {variant.title} ({variant.price})"


class ChangedOfferForm(ButtonForm):
    price_amount = PriceField(label="Price")
    starts_at = MomentField(label="Starts", otherwise="Left empty, it starts now.")
    ends_at = MomentField(label="Ends", otherwise="Left empty, it runs until somebody ends it.")

    def __init__(self, *args: Any, obj: Any, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        for name in ("price_amount", "starts_at", "ends_at"):
            self.fields[name].initial = getattr(obj, name)
        self.fields["price_amount"].initial = as_written(obj.price_amount)
        if _state(obj) == "running":  # only its end can be another
            del self.fields["price_amount"], self.fields["starts_at"]


class WindowForm(ButtonForm):
    publish_from = MomentField(label="In the shop from", otherwise="Left empty, as soon as it is published.")
    publish_until = MomentField(label="In the shop until", otherwise="Left empty, for good.")

    def __init__(self, *args: Any, obj: Product, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.fields["publish_from"].initial = obj.publish_from
        self.fields["publish_until"].initial = obj.publish_until


class FormerSlugForm(ButtonForm):
    slug = forms.ModelChoiceField(ProductSlug.objects.none(), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, obj: Product, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        slug: Any = self.fields["slug"]
        slug.queryset = former_slugs(obj)


def former_slugs(product: Product) -> QuerySet[ProductSlug]:
    return product.slugs.exclude(slug=product.slug).order_by("slug")


def _offer(product: Product, press: Press) -> str:
    offers = services.make_offers(
        variant_ids=[variant.pk for variant in press["variants"]],
        price_amount=press["price_amount"],
        starts_at=press["starts_at"],
        ends_at=press["ends_at"],
    )
    return f"{len(offers)} of {product} on offer for {offers[0].price}."


def _open_window(product: Product, press: Press) -> str:
    moments = {name: press[name] for name in ("publish_from", "publish_until")}
    services.set_publication_window(product_id=product.pk, **moments)
    return f"The clock decides now when {product} is in the shop."


def _give_up_slug(product: Product, press: Press) -> str:
    services.give_up_slug(product_id=product.pk, slug=press["slug"].slug)
    return f"“{press['slug']}” leads nowhere now, and another product may have it."


PRODUCT_BUTTONS = [
    Button(
        name="offer",
        label="Offer",
        icon="percent",
        permission="catalog.add_offer",
        explains="A lower price between two moments. Shoppers see and pay it from the one to the other, to the second.",
        form=NewOfferForm,
        offered=lambda product: product.deleted_at is None,
        run=_offer,
    ),
    Button(
        name="window",
        label="Window",
        icon="event",
        permission="catalog.change_product",
        explains="A published product is seen and sold between these moments only.",
        form=WindowForm,
        run=_open_window,
    ),
    Button(
        name="give-up-slug",
        label="Old address",
        icon="link_off",
        permission="catalog.change_product",
        explains="Old links by that address find nothing any more, and another product may take it.",
        form=FormerSlugForm,
        offered=lambda product: former_slugs(product).exists(),
        run=_give_up_slug,
    ),
]


def _change(offer: Offer, press: Press) -> str:
    services.change_offer(
        offer_id=offer.pk,
        price_amount=press.answers.get("price_amount", offer.price_amount),
        starts_at=press.answers.get("starts_at", offer.starts_at) or _now_of(offer),
        ends_at=press["ends_at"],
    )
    return "The offer is changed."


def _end(offer: Offer, press: Press) -> str:
    services.end_offer(offer_id=offer.pk)
    return f"{offer.variant} costs {offer.variant.price} again."


def _now_of(offer: Any) -> datetime:
    """The database's time when the row was read."""
    now: datetime = offer.now
    return now


def _state(offer: Offer) -> str:
    if offer.is_running_at(_now_of(offer)):
        return "running"
    return "coming" if offer.starts_at > _now_of(offer) else "over"


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, title) for state, (title, _) in _STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        wanted = {
            "running": Q(starts_at__lte=Now()) & (Q(ends_at=None) | Q(ends_at__gt=Now())),
            "coming": Q(starts_at__gt=Now()),
            "over": Q(ends_at__lte=Now()),
        }
        return queryset.filter(wanted.get(self.value() or "", Q()))


@admin.register(Offer)
class OfferAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["variant", "product", "offered", "regular", "state", "starts_at", "ends_at"]
    list_display_links = ["variant"]
    list_filter = [StateFilter]
    list_select_related = ["variant__product"]
    search_fields = ["variant__sku", "variant__product__name"]
    search_help_text = "SKU or name"
    ordering = ["-starts_at", "-pk"]
    fields = [("variant", "product"), ("offered", "regular"), "state", ("starts_at", "ends_at")]
    buttons = [
        Button(
            name="change",
            label="Change",
            icon="edit",
            permission="catalog.change_offer",
            explains="Of an offer that runs, only the end; for another price end it, and make another offer.",
            form=ChangedOfferForm,
            offered=lambda offer: _state(offer) != "over",
            run=_change,
        ),
        Button(
            name="end",
            label="End now",
            icon="stop_circle",
            variant=ActionVariant.PRIMARY,
            permission="catalog.change_offer",
            explains="The regular price holds at once. An offer that is still to come is taken back.",
            offered=lambda offer: _state(offer) != "over",
            run=_end,
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        return super().get_queryset(request).select_related("variant__product").annotate(now=Now())

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["variant", "product", "offered", "regular", "state", "starts_at", "ends_at"]

    def page_of(self, obj: Offer) -> str:
        """An offer that was taken back has no page any more."""
        still_there = Offer.objects.filter(pk=obj.pk).exists()
        return super().page_of(obj) if still_there else reverse("admin:catalog_offer_changelist")

    @display(description="Product")
    def product(self, offer: Offer) -> SafeString:
        return link_to(offer.variant.product, offer.variant.product.name)

    @display(description="Price", ordering="price_amount")
    def offered(self, offer: Offer) -> str:
        return str(offer.price)

    @display(description="Without it")
    def regular(self, offer: Offer) -> str:
        return str(offer.variant.price)

    @display(description="State")
    def state(self, offer: Offer) -> SafeString:
        return badge(*_STATES[_state(offer)])


def offers_of(product: Product) -> SafeString | str:
    """Those of a product that are not over, in a line, with a link to all of its offers."""
    found = Offer.objects.not_over().filter(variant__product=product).select_related("variant").order_by("starts_at")
    line = ", ".join(f"{offer.variant.sku} {Money(offer.price_amount, offer.variant.currency)}" for offer in found)
    address = reverse("admin:catalog_offer_changelist")
    return format_html('<a class="text-link" href="{}?q={}">{}</a>', address, product.name, line or "None")
