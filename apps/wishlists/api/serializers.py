from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.api.serializers import CardSerializer
from apps.catalog.documents import Card
from apps.common.api.fields import MoneyField, MoneyInput
from apps.wishlists.models import (
    NAME_LENGTH,
    NOTE_LENGTH,
    AlertKind,
    PriceAlert,
    Privacy,
    Wishlist,
    WishlistShare,
)
from apps.wishlists.services.sharing import MOST_DAYS, USUAL_DAYS


class WishlistSerializer(serializers.ModelSerializer[Wishlist]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    item_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Wishlist
        fields = ["id", "name", "is_default", "privacy", "item_count", "created_at"]
        read_only_fields = fields


class NewWishlistInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=NAME_LENGTH)


class WishlistChangeInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    privacy = serializers.ChoiceField(
        choices=Privacy.choices, required=False, help_text="`private` takes back all links to it, for good."
    )


class WishedProductSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    slug = serializers.CharField()
    name = serializers.CharField()


class WishedVariantSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    sku = serializers.CharField()
    title = serializers.CharField(help_text="Its options in words.")


@extend_schema_field(CardSerializer)
class CardField(serializers.Field[Card, Any, Card, Any]):
    """A product as the catalogue's lists show it, ready to send."""

    def to_representation(self, value: Card) -> Card:
        return value


class ThingSerializer(serializers.Serializer[Any]):
    """A product, or a variant of it, as it is now, whether or not it is still sold."""

    card = CardField(
        read_only=True, allow_null=True, help_text="As in lists of products; null when it is no longer shown."
    )
    price = MoneyField(source="now.price", allow_null=True, help_text="Of the variant, or the product's lowest, now.")
    is_in_stock = serializers.BooleanField(source="now.is_in_stock")


class SharedWishSerializer(ThingSerializer):
    """An item as whoever has a link sees it."""

    product = WishedProductSerializer(source="item.product")
    variant = WishedVariantSerializer(source="item.variant", allow_null=True)
    is_sold = serializers.BooleanField(help_text="False: show it as no longer sold.")
    note = serializers.CharField(source="item.note")


class WishSerializer(SharedWishSerializer):
    """An item as its owner sees it."""

    id = serializers.UUIDField(source="item.public_id")
    added_at = serializers.DateTimeField(source="item.created_at")
    added_price = MoneyField(source="item.added_price", help_text="What it cost when it was put here.")
    price_change = MoneyField(allow_null=True, help_text="`price` less `added_price`; negative when it costs less now.")


class WishInput(serializers.Serializer[Any]):
    product = serializers.CharField(max_length=140, help_text="Its slug or id.")
    variant = serializers.UUIDField(required=False, allow_null=True, help_text="Which one; none: any of them.")
    note = serializers.CharField(max_length=NOTE_LENGTH, required=False, allow_blank=True)


class WishChangeInput(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=NOTE_LENGTH, required=False, allow_blank=True)
    wishlist = serializers.SlugField(required=False, help_text="The id of the list that it is put on instead.")


class ShareSerializer(serializers.ModelSerializer[WishlistShare]):
    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = WishlistShare
        fields = ["id", "shows_notes", "created_at", "expires_at", "revoked_at", "opened_count", "last_opened_at"]
        read_only_fields = fields


class NewShareSerializer(ShareSerializer):
    """A link as it is told once: only a hash of its token is kept."""

    token = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField(help_text="Of the storefront's page that shows it.")

    class Meta(ShareSerializer.Meta):
        fields = [*ShareSerializer.Meta.fields, "token", "url"]
        read_only_fields = fields

    def get_token(self, share: WishlistShare) -> str:
        return str(self.context["token"])

    def get_url(self, share: WishlistShare) -> str:
        return f"{settings.STOREFRONT_URL}/wishlists/{self.context['token']}"


class ShareInput(serializers.Serializer[Any]):
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=USUAL_DAYS, help_text="That it works.")
    shows_notes = serializers.BooleanField(default=False, help_text="Whether readers see your notes.")


class SharedWishlistSerializer(serializers.Serializer[Any]):
    """What a page of a shared list says beside its items, see `SharedPagination`."""

    name = serializers.CharField(source="wishlist.name")
    owner_name = serializers.CharField(source="wishlist.owner.first_name")
    expires_at = serializers.DateTimeField()


class PriceAlertSerializer(ThingSerializer):
    id = serializers.UUIDField(source="alert.public_id")
    kind = serializers.ChoiceField(source="alert.kind", choices=AlertKind.choices)
    status = serializers.ChoiceField(
        source="alert.status", choices=["waiting", "told"], help_text="`told`: it was back, and the alert is over."
    )
    product = WishedProductSerializer(source="alert.product")
    variant = WishedVariantSerializer(source="alert.variant", allow_null=True)
    asked_price = MoneyField(source="alert.asked_price", help_text="What it cost when it was asked for.")
    target_price = MoneyField(source="alert.target_price", allow_null=True)
    told_price = MoneyField(source="alert.told_price", allow_null=True, help_text="What was told last.")
    told_at = serializers.DateTimeField(source="alert.told_at", allow_null=True)
    created_at = serializers.DateTimeField(source="alert.created_at")


class PriceAlertInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=AlertKind.choices)
    product = serializers.CharField(max_length=140, help_text="Its slug or id.")
    variant = serializers.UUIDField(required=False, allow_null=True, help_text="Which one; none: any of them.")
    target_price = MoneyInput(required=False, allow_null=True, help_text="Told when it costs this or less.")


class EndPriceAlertSerializer(serializers.ModelSerializer[PriceAlert]):
    product = WishedProductSerializer(read_only=True)
    is_ended = serializers.BooleanField(source="has_ended", read_only=True)

    class Meta:
        model = PriceAlert
        fields = ["kind", "product", "is_ended"]
        read_only_fields = fields
