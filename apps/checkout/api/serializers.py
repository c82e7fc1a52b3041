"""What a buyer sends, checked for form; whether it can be bought is the services' business."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from rest_framework import serializers

from apps.common.api.fields import MoneyField, MoneyInput, PhoneInput
from apps.common.phones import MOST_CHARACTERS
from apps.fx_rates.api.serializers import QuoteSerializer
from apps.orders.api.serializers import OrderSerializer
from apps.orders.models import Order
from apps.payments.api.serializers import NextActionSerializer
from apps.shipping.models import ShippingMethod

_country = RegexValidator(r"^[A-Z]{2}$", "Use the two capital letters of ISO 3166, like VE.")


class AddressSerializer(PhoneInput):
    first_name = serializers.CharField(max_length=80)
    last_name = serializers.CharField(max_length=80)
    address_line_1 = serializers.CharField(max_length=160)
    address_line_2 = serializers.CharField(max_length=160, required=False, default="", allow_blank=True)
    city = serializers.CharField(max_length=80)
    state_province = serializers.CharField(max_length=80, required=False, default="", allow_blank=True)
    postal_code = serializers.CharField(max_length=20, required=False, default="", allow_blank=True)
    country = serializers.CharField(validators=[_country], help_text="ISO 3166-1 alpha-2, like VE.")
    phone = serializers.CharField(max_length=MOST_CHARACTERS, required=False, default="", allow_blank=True)


class PreviewInput(serializers.Serializer[dict[str, Any]]):
    country = serializers.CharField(validators=[_country])
    shipping_method = serializers.CharField(max_length=50, required=False, default="", allow_blank=True)
    currency = serializers.RegexField(
        r"^[A-Z]{3}\Z", required=False, default="", help_text="Also tell the total in this one, such as VES."
    )


class CheckoutInput(PhoneInput):
    email = serializers.EmailField(
        required=False,
        default="",
        allow_blank=True,
        help_text="Guests need it; a signed-in customer's own is the default.",
    )
    phone = serializers.CharField(max_length=MOST_CHARACTERS, required=False, default="", allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    shipping_address = AddressSerializer()
    billing_address = AddressSerializer(required=False, help_text="The shipping address, if left out.")
    shipping_method = serializers.CharField(max_length=50)
    payment_method = serializers.CharField(max_length=30, help_text="A code of payments/methods/, like stripe.")
    currency = serializers.RegexField(
        r"^[A-Z]{3}\Z", required=False, default="", help_text="To pay in; the payment method's own if left out."
    )
    quote = serializers.UUIDField(required=False, help_text="The preview's quote, so that it holds.")
    saved_method = serializers.UUIDField(
        required=False, help_text="Of payments/saved-methods/: charge this card of the caller's at once."
    )
    note = serializers.CharField(max_length=1000, required=False, default="", allow_blank=True)
    return_url = serializers.URLField(max_length=500, required=False, default="", allow_blank=True)
    expected_total = MoneyInput(
        required=False, help_text="What the customer saw; any other total is refused with 409 total-changed."
    )

    def country_of(self, attrs: dict[str, Any]) -> str:
        """Who has goods sent somewhere mostly telephones there."""
        return str(attrs["shipping_address"]["country"])


class QuoteLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())
    quantity = serializers.IntegerField()
    unit_price = MoneyField()
    subtotal = MoneyField()
    tax = MoneyField()


class ShippingMethodSerializer(serializers.ModelSerializer[ShippingMethod]):
    price = serializers.SerializerMethodField()

    class Meta:
        model = ShippingMethod
        fields = ["code", "name", "price", "min_days", "max_days", "is_pickup"]
        read_only_fields = fields

    def get_price(self, method: ShippingMethod) -> dict[str, str]:
        """The price for this cart: free above the method's threshold."""
        return method.price_for(self.context["subtotal"]).as_json()


class PreviewSerializer(serializers.Serializer[Any]):
    lines = QuoteLineSerializer(many=True)
    shipping_methods = ShippingMethodSerializer(many=True)
    subtotal = MoneyField()
    shipping = MoneyField()
    tax = MoneyField()
    total = MoneyField()
    quote = QuoteSerializer(allow_null=True, help_text="The total in the currency that was asked for.")


class CheckoutPaymentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    provider = serializers.CharField()
    status = serializers.CharField()
    amount = MoneyField(source="money")
    next_action = NextActionSerializer()


class CheckoutSerializer(OrderSerializer):
    """The order, how to go on paying it, and a guest's key to it."""

    payment = CheckoutPaymentSerializer(read_only=True)
    order_token = serializers.CharField(read_only=True)

    class Meta(OrderSerializer.Meta):
        model = Order
        fields = [*OrderSerializer.Meta.fields, "payment", "order_token"]
        read_only_fields = fields
