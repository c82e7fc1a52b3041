"""Payments as their owner and as staff see them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api.fields import MoneyField, MoneyInput
from apps.common.private_files import MediaType, media_type
from apps.fx_rates.api.serializers import FigureField, QuoteSerializer
from apps.payments.api.pago_movil.fields import ProofField
from apps.payments.api.pago_movil.serializers import ToldRecipientSerializer
from apps.payments.models import OrderRefund, Payment, Refund, RefundLine, SavedMethod, TransferProof


class NextActionSerializer(serializers.Serializer[Any]):
    """What the storefront does next; the fields beside `type` depend on it."""

    type = serializers.ChoiceField(choices=["stripe_client_secret", "redirect", "transfer_instructions", "none"])
    client_secret = serializers.CharField(required=False, help_text="For Stripe.js, with publishable_key.")
    publishable_key = serializers.CharField(required=False)
    payment_intent = serializers.CharField(required=False)
    payment_method = serializers.CharField(
        required=False, help_text="The saved card whose bank wants to hear from the customer: confirm with it."
    )
    setup_intent = serializers.CharField(required=False, help_text="For Stripe.js, to save a card.")
    url = serializers.URLField(required=False, help_text="Where a redirect goes.")
    instructions = serializers.CharField(required=False, help_text="Where to send a transfer.")
    amount = MoneyField(required=False)
    reference = serializers.CharField(required=False, help_text="To be written on the transfer.")
    qr = serializers.CharField(required=False, help_text="Pago Móvil: the instructions as an SVG in a data URI.")
    concept = serializers.CharField(required=False, help_text="Pago Móvil: to be written on the payment.")
    recipient = ToldRecipientSerializer(required=False, help_text="Pago Móvil: to whom.")
    rate = serializers.CharField(required=False, allow_null=True, help_text="Bolívares for one of the order's.")
    rate_source = serializers.CharField(required=False)
    rate_value_date = serializers.DateField(required=False, allow_null=True)
    quoted_until = serializers.DateTimeField(required=False, allow_null=True)
    pay_before = serializers.DateTimeField(required=False, allow_null=True)


class RefundSerializer(serializers.ModelSerializer[Refund]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    amount = MoneyField(source="money")
    rate = FigureField(
        source="payment.quote.rate",
        default=None,
        allow_null=True,
        help_text="Of its payment's quote.",
    )

    class Meta:
        model = Refund
        fields = ["id", "amount", "rate", "status", "reason", "sent_date", "created_at"]
        read_only_fields = fields


class PaymentRefundSerializer(RefundSerializer):
    """A refund as seen from its order."""

    payment = serializers.UUIDField(source="payment.public_id", read_only=True)
    provider = serializers.CharField(source="payment.provider", read_only=True)

    class Meta(RefundSerializer.Meta):
        fields = [*RefundSerializer.Meta.fields, "payment", "provider"]
        read_only_fields = fields


class RefundedUnitsSerializer(serializers.ModelSerializer[RefundLine]):
    line = serializers.UUIDField(source="order_line.public_id", read_only=True)
    amount = MoneyField(source="money")

    class Meta:
        model = RefundLine
        fields = ["line", "quantity", "given_up_quantity", "sent_quantity", "amount"]
        read_only_fields = fields


class OrderRefundSerializer(serializers.ModelSerializer[OrderRefund]):
    """What was decided about an order, and the refunds that carry it out."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    amount = MoneyField(source="money")
    lines = RefundedUnitsSerializer(many=True, read_only=True)
    refunds = PaymentRefundSerializer(many=True, read_only=True)

    class Meta:
        model = OrderRefund
        fields = ["id", "amount", "reason", "is_restocked", "lines", "refunds", "created_at"]
        read_only_fields = fields


class RefundableLineSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="line.public_id")
    sku = serializers.CharField(source="line.sku")
    name = serializers.CharField(source="line.name")
    quantity = serializers.IntegerField(source="line.quantity")
    refundable_quantity = serializers.IntegerField()
    refundable_unsent_quantity = serializers.IntegerField(help_text="How many of them were not sent.")
    paid = MoneyField(help_text="Its price less its share of the discount, with its tax.")
    refunded = MoneyField(help_text="What of that went back for its units, or is on its way.")


class OrderRefundsSerializer(serializers.Serializer[Any]):
    """What of an order can be given back, and what was."""

    refundable = MoneyField()
    lines = RefundableLineSerializer(many=True)
    decisions = OrderRefundSerializer(many=True, help_text="Of staff, about the order; newest first.")
    refunds = PaymentRefundSerializer(many=True, help_text="All, for whatever reason; newest first.")


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    order_number = serializers.CharField(source="order.number", read_only=True)
    amount = MoneyField(source="money", help_text="What the customer is asked for.")
    order_amount = MoneyField(
        source="part", help_text="The part of the order's total that it is to pay, in the order's currency."
    )
    captured = MoneyField(help_text="What has come, in the currency of `amount`.")
    counted = MoneyField(
        help_text="What of it pays the order, in the order's currency; what the order has no use for goes back."
    )
    refunded = MoneyField(help_text="What went back, or is on its way, in the currency of `amount`.")
    quote = QuoteSerializer(
        read_only=True,
        allow_null=True,
        help_text="By which `order_amount` became `amount`; null where both are in one currency.",
    )
    refunds = RefundSerializer(many=True, read_only=True)

    class Meta:
        model = Payment
        fields = [
            "id",
            "order_number",
            "provider",
            "reference",
            "status",
            "amount",
            "order_amount",
            "quote",
            "captured",
            "counted",
            "refunded",
            "failure_code",
            "refunds",
            "created_at",
            "succeeded_at",
        ]
        read_only_fields = fields


class StartedPaymentSerializer(PaymentSerializer):
    """A payment and how to go on with it."""

    next_action = extend_schema_field(NextActionSerializer)(serializers.SerializerMethodField)()

    class Meta(PaymentSerializer.Meta):
        fields = [*PaymentSerializer.Meta.fields, "next_action"]
        read_only_fields = fields

    def get_next_action(self, payment: Payment) -> dict[str, Any]:
        action: dict[str, Any] = self.context["next_action"].as_json()
        return action


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class PaymentMethodSerializer(serializers.Serializer[Any]):
    """One way of paying, open or not, and why not."""

    code = serializers.CharField()
    is_open = serializers.BooleanField()
    reasons = ReasonSerializer(many=True, help_text="Why it is not open.")
    window_minutes = serializers.SerializerMethodField(
        help_text="How long an order waits for money that comes this way; null: it is paid on delivery."
    )
    currencies = serializers.ListField(child=serializers.CharField())
    amounts = serializers.ListField(
        child=MoneyField(), help_text="What would be asked, when `amount` or a cart was given."
    )

    def get_window_minutes(self, method: Any) -> int | None:
        return None if method.window is None else int(method.window.total_seconds() // 60)


class FiguresQuery(serializers.Serializer[dict[str, Any]]):
    days = serializers.IntegerField(min_value=1, max_value=366, required=False, default=14)


class PaymentFiguresSerializer(serializers.Serializer[Any]):
    """How payments went; an attempt that was given up for another is left out."""

    date = serializers.DateField(
        allow_null=True, source="day", help_text="When they began, in UTC; null for all of the days."
    )
    provider = serializers.CharField()
    begun = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    open = serializers.IntegerField(help_text="Not decided yet.")
    success_percent = serializers.DecimalField(
        allow_null=True, max_digits=4, decimal_places=1, help_text="Of those that are decided; null while none is."
    )
    failure_percent = serializers.DecimalField(allow_null=True, max_digits=4, decimal_places=1)
    median_seconds_to_pay = serializers.IntegerField(
        allow_null=True, help_text="From its beginning to its success; null without one."
    )


class PaymentStatisticsSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    providers = PaymentFiguresSerializer(many=True)
    by_day = PaymentFiguresSerializer(many=True)


class MethodsQuery(serializers.Serializer[dict[str, Any]]):
    amount = serializers.DecimalField(max_digits=15, decimal_places=4, min_value=Decimal(0), required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}\Z", required=False, default="", help_text="To be paid in.")
    country = serializers.RegexField(r"^[A-Z]{2}\Z", required=False, default="", help_text="Where the order goes.")
    is_pickup = serializers.BooleanField(required=False, allow_null=True, default=None)


class NewPaymentInput(serializers.Serializer[dict[str, Any]]):
    provider = serializers.CharField(max_length=30, help_text="A code of payments/methods/, like stripe.")
    amount = MoneyInput(required=False, help_text="A part of what is left, in the order's currency; else all.")
    currency = serializers.RegexField(
        r"^[A-Z]{3}\Z", required=False, default="", help_text="To pay in; the provider's own if left out."
    )
    quote = serializers.UUIDField(required=False, help_text="Of orders/{number}/quotes/; without one it is quoted now.")
    saved_method = serializers.UUIDField(
        required=False, help_text="Of payments/saved-methods/: charge this card of the caller's at once."
    )
    return_url = serializers.URLField(
        max_length=500, required=False, default="", allow_blank=True, help_text="An address of the storefront."
    )


class SavedMethodSerializer(serializers.ModelSerializer[SavedMethod]):
    """A card, as its owner recognises it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    provider = serializers.CharField(source="customer.provider", read_only=True)

    class Meta:
        model = SavedMethod
        fields = ["id", "provider", "brand", "last4", "exp_month", "exp_year", "is_default"]
        read_only_fields = fields


class NewSavedMethodInput(serializers.Serializer[dict[str, Any]]):
    provider = serializers.CharField(max_length=30, default="stripe", help_text="One that keeps cards, like stripe.")


class BegunSavingSerializer(serializers.Serializer[Any]):
    next_action = NextActionSerializer()


class NewQuoteInput(serializers.Serializer[dict[str, Any]]):
    currency = serializers.RegexField(r"^[A-Z]{3}\Z", help_text="ISO 4217, such as VES.")
    amount = MoneyInput(required=False, help_text="A part of what is left, in the order's currency; else all.")


class ConfirmPaymentInput(serializers.Serializer[dict[str, Any]]):
    amount = MoneyInput(help_text="What arrived, as the bank statement says it.")
    accept_difference = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Let another amount than was asked count for what it is worth, instead of setting it aside.",
    )


class TransferProofInput(serializers.Serializer[dict[str, Any]]):
    """What the customer's bank told him when he sent the money."""

    bank_reference = serializers.RegexField(r"^[\w./ -]{3,60}\Z", help_text="As the bank shows it.")
    payer = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    picture = ProofField(required=False, help_text="A JPEG, PNG or WebP of what the bank showed, or its PDF.")


class TransferProofSerializer(serializers.ModelSerializer[TransferProof]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    payment = serializers.UUIDField(source="payment.public_id", read_only=True)
    has_picture = serializers.SerializerMethodField()
    picture_type = serializers.SerializerMethodField(
        help_text="A PDF is handed over as a file; a picture may be shown."
    )

    class Meta:
        model = TransferProof
        fields = ["id", "payment", "bank_reference", "payer", "has_picture", "picture_type", "created_at"]
        read_only_fields = fields

    def get_has_picture(self, proof: TransferProof) -> bool:
        return bool(proof.picture)

    def get_picture_type(self, proof: TransferProof) -> MediaType:
        return media_type(proof.picture)


class RejectPaymentInput(serializers.Serializer[dict[str, Any]]):
    reason = serializers.CharField(max_length=300)


class RefundInput(serializers.Serializer[dict[str, Any]]):
    amount = MoneyInput(required=False, help_text="All that is left, if it is not said.")
    reason = serializers.CharField(max_length=200)


class RefundUnitsInput(serializers.Serializer[dict[str, Any]]):
    line = serializers.UUIDField(help_text="The id of a line of the order.")
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000)
    unsent_quantity = serializers.IntegerField(
        min_value=0,
        max_value=1_000_000,
        required=False,
        help_text="How many of them were not sent and never will be; as many as can be unless said.",
    )


class OrderRefundInput(serializers.Serializer[dict[str, Any]]):
    """Units or an amount; with neither, all that is left goes back."""

    lines = RefundUnitsInput(many=True, required=False)
    amount = MoneyInput(required=False, help_text="In the order's currency.")
    reason = serializers.CharField(max_length=200)
    restock = serializers.BooleanField(
        required=False, default=False, help_text="The units that were sent are back, and go on the shelf again."
    )


class SentRefundInput(serializers.Serializer[dict[str, Any]]):
    bank_reference = serializers.CharField(max_length=100, help_text="The bank's name for the transfer.")
    sent_date = serializers.DateField(required=False, help_text="In Caracas; today unless said.")
