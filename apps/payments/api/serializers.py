"""Payments as their owner and as staff see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api.fields import MoneyField, MoneyInput
from apps.payments.models import Payment, Refund


class NextActionSerializer(serializers.Serializer[Any]):
    """What the storefront does next; the fields beside `type` depend on it."""

    type = serializers.ChoiceField(choices=["stripe_client_secret", "redirect", "transfer_instructions", "none"])
    client_secret = serializers.CharField(required=False, help_text="For Stripe.js, with publishable_key.")
    publishable_key = serializers.CharField(required=False)
    payment_intent = serializers.CharField(required=False)
    url = serializers.URLField(required=False, help_text="Where a redirect goes.")
    instructions = serializers.CharField(required=False, help_text="Where to send a transfer.")
    amount = MoneyField(required=False)
    reference = serializers.CharField(required=False, help_text="To be written on the transfer.")


class RefundSerializer(serializers.ModelSerializer[Refund]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    amount = MoneyField(source="money")

    class Meta:
        model = Refund
        fields = ["id", "amount", "status", "reason", "created_at"]
        read_only_fields = fields


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    order_number = serializers.CharField(source="order.number", read_only=True)
    amount = MoneyField(source="money")
    captured = MoneyField()
    refunded = MoneyField()
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
            "captured",
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


class PaymentMethodSerializer(serializers.Serializer[Any]):
    """One way of paying that the shop offers."""

    code = serializers.CharField()
    window_minutes = serializers.SerializerMethodField(
        help_text="How long an order waits for money that comes this way."
    )
    currencies = serializers.SerializerMethodField()

    def get_window_minutes(self, provider: Any) -> int | None:
        return None if provider.window is None else int(provider.window.total_seconds() // 60)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_currencies(self, provider: Any) -> list[str]:
        return sorted(provider.currencies)


class NewPaymentInput(serializers.Serializer[dict[str, Any]]):
    provider = serializers.CharField(max_length=30, help_text="A code of payments/methods/, like stripe.")
    return_url = serializers.URLField(max_length=500, required=False, default="", allow_blank=True)


class ConfirmPaymentInput(serializers.Serializer[dict[str, Any]]):
    amount = MoneyInput(help_text="What arrived, as the bank statement says it.")


class RejectPaymentInput(serializers.Serializer[dict[str, Any]]):
    reason = serializers.CharField(max_length=300)


class RefundInput(serializers.Serializer[dict[str, Any]]):
    amount = MoneyInput(required=False, help_text="All that is left, if it is not said.")
    reason = serializers.CharField(max_length=200)


class SentRefundInput(serializers.Serializer[dict[str, Any]]):
    bank_reference = serializers.CharField(max_length=100, help_text="The bank's name for the transfer.")
