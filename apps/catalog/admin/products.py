"""Products: the list, and one page with facts, variants and pictures; it saves by one service call for each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Max, Min, Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from apps.catalog import services
from apps.catalog.admin.forms import ATTRIBUTE_PREFIX, ProductForm, VariantForm, VariantFormSet, form_for
from apps.catalog.admin.history import HistoryPage
from apps.catalog.admin.images import NEW_PICTURES, ImageInline, save_images, thumbnail
from apps.catalog.admin.offers import PRODUCT_BUTTONS, former_slugs, offers_of
from apps.catalog.admin.words import NotTranslatedFilter, word_fieldsets
from apps.catalog.models import Product, ProductImage, ProductStatus, ProductVariant
from apps.common.admin import Button, ButtonsMixin, DomainMessages, Press, badge
from apps.common.money import Money

_BY_THE_CLOCK = ["publish_from", "publish_until", "offers", "old_slugs"]
STATUS_COLOURS = {"draft": "warning", "published": "success", "archived": ""}


class VariantInline(TabularInline):
    model = ProductVariant
    form = VariantForm
    formset = VariantFormSet
    fields = VariantForm.Meta.fields
    verbose_name_plural = "variants"
    verbose_name = "variant"
    hide_title = True
    ordering = ["position", "pk"]
    ordering_field = "position"
    hide_ordering_field = True
    can_delete = False
    extra = 0


class DeletedFilter(admin.SimpleListFilter):
    title = "deleted"
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Deleted ones")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        return queryset.filter(deleted_at__isnull=self.value() != "yes")


def _publish(product: Product, press: Press) -> str:
    services.publish_product(product_id=product.pk)
    return f"{product} is in the shop."


def _archive(product: Product, press: Press) -> str:
    services.archive_product(product_id=product.pk)
    return f"{product} is out of the shop."


def _delete(product: Product, press: Press) -> str:
    services.delete_product(product_id=product.pk)
    return f"{product} is deleted; it can be restored."


def _restore(product: Product, press: Press) -> str:
    services.restore_product(product_id=product.pk)
    return f"{product} is back."


class ProductAdmin(ButtonsMixin, DomainMessages, HistoryPage):
    form = ProductForm
    list_display = ["title", "price", "status_badge", "product_type", "is_featured", "updated_at"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("product_type", RelatedDropdownFilter),
        ("categories", RelatedDropdownFilter),
        ("is_featured", BooleanRadioFilter),
        NotTranslatedFilter,
        DeletedFilter,
    ]
    list_filter_submit = True
    list_per_page = 50
    list_select_related = ["product_type"]
    search_fields = ["name", "variants__sku"]
    search_help_text = "Name or SKU"
    ordering = ["-pk"]
    actions = None
    autocomplete_fields = ["categories", "tags"]
    inlines = [VariantInline, ImageInline]
    buttons = [
        Button(
            name="publish",
            label="Publish",
            icon="visibility",
            variant=ActionVariant.PRIMARY,
            permission="catalog.change_product",
            explains="Shoppers see it at once.",
            offered=lambda product: product.status != ProductStatus.PUBLISHED and product.deleted_at is None,
            run=_publish,
        ),
        Button(
            name="archive",
            label="Take out of the shop",
            icon="visibility_off",
            permission="catalog.change_product",
            explains="Shoppers do not see it any more. It can be published again.",
            offered=lambda product: product.status == ProductStatus.PUBLISHED and product.deleted_at is None,
            run=_archive,
        ),
        *PRODUCT_BUTTONS,
        Button(
            name="delete",
            label="Delete",
            icon="delete",
            permission="catalog.delete_product",
            explains="It leaves the shop and this list. Orders still know it, and it can be restored.",
            offered=lambda product: product.deleted_at is None,
            run=_delete,
            undone_by="restore",
        ),
        Button(
            name="restore",
            label="Restore",
            icon="restore_from_trash",
            variant=ActionVariant.PRIMARY,
            permission="catalog.delete_product",
            explains="It comes back with the status that it had.",
            offered=lambda product: product.deleted_at is not None,
            run=_restore,
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        first = ProductImage.objects.filter(product=OuterRef("pk")).order_by("position", "pk")
        sold = ProductVariant.objects.filter(product=OuterRef("pk"), is_active=True).order_by().values("product")
        return (
            super()
            .get_queryset(request)
            .annotate(
                picture=Subquery(first.values("file")[:1]),
                picture_stem=Subquery(first.values("rendition_stem")[:1]),
                picture_widths=Subquery(first.values("rendition_widths")[:1]),
                price_from=Subquery(sold.annotate(least=Min("price_amount")).values("least")),
                price_to=Subquery(sold.annotate(most=Max("price_amount")).values("most")),
                currency=Subquery(sold.annotate(any=Min("currency")).values("any")),
            )
        )

    @display(description="Product", ordering="name", header=True)
    def title(self, product: Any) -> list[Any]:
        if not product.picture:
            return [product.name, product.slug, None, None]
        path = thumbnail(product.picture, product.picture_stem, product.picture_widths)
        return [product.name, product.slug, None, {"path": path, "squared": True, "width": 40, "height": 40}]

    @display(description="Price", ordering="price_from")
    def price(self, product: Any) -> str:
        if product.price_from is None:
            return "—"
        least, most = (Money(amount, product.currency) for amount in (product.price_from, product.price_to))
        return str(least) if least == most else f"{least.rounded().amount} – {most}"

    @display(description="Status", ordering="status")
    def status_badge(self, product: Product) -> SafeString:
        if product.deleted_at is not None:
            return badge("Deleted", "danger")
        return badge(product.get_status_display(), STATUS_COLOURS[product.status])

    @display(description="Offers")
    def offers(self, product: Product) -> SafeString | str:
        return offers_of(product)

    @display(description="Old addresses")
    def old_slugs(self, product: Product) -> str:
        return ", ".join(one.slug for one in former_slugs(product)) or "—"

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Deleting is a button, because it is soft."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [] if obj is None else ["store", "status_badge", "published_at", *_BY_THE_CLOCK]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict[str, Any]:
        return {"slug": ["name"]} if obj is None else {}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=form_for(obj), **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        state = [] if obj is None else [("status_badge", "published_at")]
        place = [("categories", "tags"), "is_featured"] + (
            [] if obj is None else [tuple(_BY_THE_CLOCK[:2]), *_BY_THE_CLOCK[2:]]
        )
        return [
            (None, {"fields": [*state, "name", "slug", ("store", "product_type"), "description"]}),
            *self._attribute_fieldset(obj),
            ("Where it stands", {"fields": place}),
            *([("Add pictures", {"fields": [NEW_PICTURES]})] if self._may_save(request, obj) else []),
            ("Beside the description", {"fields": [("specification_rows", "related_slugs")]}),
            *word_fieldsets(obj),
        ]

    def _may_save(self, request: HttpRequest, obj: Product | None) -> bool:
        return bool(self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj))

    def _attribute_fieldset(self, obj: Product | None) -> list[Any]:
        names = [name for name in form_for(obj).base_fields if name.startswith(ATTRIBUTE_PREFIX)]
        rows = [tuple(names[start : start + 3]) for start in range(0, len(names), 3)]
        return [("Attributes", {"fields": rows})] if rows else []

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Nothing yet: a product is saved whole, with its variants, in `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: list[Any], change: bool) -> None:
        for formset in formsets:
            formset.save(commit=False)  # tells Django's log what changed
        variants, images = (_formset_of(formsets, model) for model in (ProductVariant, ProductImage))
        form.instance.pk = _save_product(form, variants, change).pk
        save_images(form.instance.pk, images, form.cleaned_data.get(NEW_PICTURES, []))
        form.instance.refresh_from_db()


def _formset_of(formsets: list[Any], model: type[Model]) -> Any:
    return next(formset for formset in formsets if formset.model is model)


def _save_product(form: ProductForm, variants: VariantFormSet, change: bool) -> Product:
    draft = form.draft(variants.drafts())
    if not change:
        return services.create_product(store=form.cleaned_data["store"], draft=draft)
    changes = {name: getattr(draft, name) for name in draft.__slots__}
    return services.update_product(product_id=form.instance.pk, **changes)
