"""Banks, accounts, reports and statements of Pago Móvil as their readers see them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api.fields import MoneyField
from apps.common.money import Money
from apps.common.private_files import MediaType, media_type
from apps.payments.api.pago_movil.fields import ProofField, TypedField
from apps.payments.models import (
    VES,
    Bank,
    BankStatement,
    PagoMovilClaim,
    PagoMovilClaimEvent,
    PagoMovilRecipient,
    StatementLayout,
)
from apps.payments.pago_movil import reading
from apps.payments.selectors import pago_movil as selectors


class BankSerializer(serializers.ModelSerializer[Bank]):
    class Meta:
        model = Bank
        fields = ["code", "name", "short_name"]
        read_only_fields = fields


class RecipientSerializer(serializers.ModelSerializer[PagoMovilRecipient]):
    """One of the shop's accounts, for staff."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    bank = BankSerializer(read_only=True)
    daily_limit = serializers.SerializerMethodField()
    asked_today = serializers.SerializerMethodField()

    class Meta:
        model = PagoMovilRecipient
        fields = [
            "id",
            "bank",
            "phone",
            "document",
            "holder",
            "account_number",
            "is_active",
            "position",
            "daily_limit",
            "asked_today",
        ]
        read_only_fields = fields

    @extend_schema_field(MoneyField(allow_null=True))
    def get_daily_limit(self, recipient: PagoMovilRecipient) -> dict[str, str] | None:
        limit = recipient.daily_limit_amount
        return None if limit is None else Money(limit, VES).as_json()

    @extend_schema_field(MoneyField())
    def get_asked_today(self, recipient: Any) -> dict[str, str]:
        return Money(recipient.asked_amount, VES).as_json()


class ToldRecipientSerializer(serializers.Serializer[Any]):
    bank_code = serializers.CharField()
    bank_name = serializers.CharField()
    phone = serializers.CharField(help_text="E.164.")
    local_phone = serializers.CharField(help_text="As the banks' apps want it.")
    document = serializers.CharField()
    holder = serializers.CharField()


class InstructionsSerializer(serializers.Serializer[Any]):
    """What the customer of one payment is told: each figure to copy, the same as text, and that as a QR."""

    instructions = serializers.CharField()
    qr = serializers.CharField(help_text="An SVG as a data URI, with the text; the banks have no common code.")
    amount = MoneyField(help_text="To the cent.")
    concept = serializers.CharField(help_text="To be written on the payment.")
    recipient = ToldRecipientSerializer()
    rate = serializers.CharField(allow_null=True)
    rate_source = serializers.CharField()
    rate_value_date = serializers.DateField(allow_null=True)
    quoted_until = serializers.DateTimeField(allow_null=True)
    pay_before = serializers.DateTimeField(allow_null=True)


class ReportInput(serializers.Serializer[dict[str, Any]]):
    """What the customer's bank told him when he paid."""

    payment = serializers.UUIDField(help_text="The id of the payment.")
    bank = serializers.SlugRelatedField(
        slug_field="code",
        queryset=Bank.objects.filter(is_active=True),
        help_text="The payer's, by its four digits.",
    )
    phone = TypedField(reading.read_phone, help_text="From which it was paid: 0412 1234567.")
    document = TypedField(reading.read_document, help_text="The payer's: V12345678, J123456789.")
    reference = TypedField(reading.read_reference, help_text="All digits that the bank shows, six at least.")
    payment_date = TypedField(reading.read_date, help_text="2026-11-21 or 21/11/2026, in Caracas.")
    amount = TypedField(reading.read_amount, help_text="In bolívares: 1234.56 or 1.234,56.")
    proof = ProofField(required=False, help_text="A picture of what the bank showed, or its PDF; it proves nothing.")

    def validate_payment_date(self, day: date) -> date:
        """Not before the `order` of the context was placed, either, where the view has found it."""
        try:
            selectors.check_payment_date(day, self.context.get("order"))
        except reading.Unreadable as refusal:
            raise serializers.ValidationError(str(refusal)) from refusal
        return day


class StaffReportInput(ReportInput):
    """The same, typed by staff, who may not have more than four digits of a reference."""

    reference = TypedField(partial(reading.read_reference, fewest=reading.FEWEST_DIGITS_FOR_STAFF))


class ClaimSerializer(serializers.ModelSerializer[PagoMovilClaim]):
    """A report as its customer sees it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    payment = serializers.UUIDField(source="payment.public_id", read_only=True)
    order_number = serializers.CharField(source="payment.order.number", read_only=True)
    bank = BankSerializer(read_only=True)
    amount = MoneyField(source="money")
    received = MoneyField(allow_null=True, help_text="What the bank showed, once staff have decided.")
    has_proof = serializers.SerializerMethodField()
    proof_type = serializers.SerializerMethodField(help_text="A PDF is handed over as a file; a picture may be shown.")

    class Meta:
        model = PagoMovilClaim
        fields = [
            "id",
            "payment",
            "order_number",
            "state",
            "bank",
            "phone",
            "document",
            "reference",
            "payment_date",
            "amount",
            "received",
            "reason",
            "has_proof",
            "proof_type",
            "created_at",
            "decided_at",
        ]
        read_only_fields = fields

    def get_has_proof(self, claim: PagoMovilClaim) -> bool:
        return bool(claim.proof)

    def get_proof_type(self, claim: PagoMovilClaim) -> MediaType:
        return media_type(claim.proof)


class DoubtSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class ClaimEventSerializer(serializers.ModelSerializer[PagoMovilClaimEvent]):
    class Meta:
        model = PagoMovilClaimEvent
        fields = ["actor", "old", "new", "note", "created_at"]
        read_only_fields = fields


class StaffClaimSerializer(ClaimSerializer):
    """A report as staff see it: the two amounts side by side, and what is odd."""

    asked = MoneyField(source="payment.money")
    recipient = serializers.CharField(source="recipient.phone", read_only=True)
    doubts = serializers.SerializerMethodField()
    events = ClaimEventSerializer(many=True, read_only=True)
    waits_for_second = serializers.SerializerMethodField()

    class Meta(ClaimSerializer.Meta):
        fields = [*ClaimSerializer.Meta.fields, "asked", "recipient", "doubts", "events", "waits_for_second"]
        read_only_fields = fields

    @extend_schema_field(DoubtSerializer(many=True))
    def get_doubts(self, claim: PagoMovilClaim) -> Any:
        return DoubtSerializer(selectors.doubts_about(claim), many=True).data

    def get_waits_for_second(self, claim: PagoMovilClaim) -> bool:
        return claim.is_open and claim.first_approved_by_id is not None


class ApproveInput(serializers.Serializer[dict[str, Any]]):
    amount = serializers.DecimalField(
        max_digits=15,
        decimal_places=2,
        min_value=Decimal("0.01"),
        help_text="In VES, as the bank shows it.",
    )
    accept_difference = serializers.BooleanField(
        required=False, default=False, help_text="Less shall count for what it is worth; of more, the rest goes back."
    )


class RejectInput(serializers.Serializer[dict[str, Any]]):
    reason = serializers.CharField(max_length=200, help_text="The customer reads it.")


class LayoutSerializer(serializers.ModelSerializer[StatementLayout]):
    class Meta:
        model = StatementLayout
        fields = ["id", "name"]
        read_only_fields = fields


class StatementInput(serializers.Serializer[dict[str, Any]]):
    recipient = serializers.SlugRelatedField(
        slug_field="public_id", queryset=PagoMovilRecipient.objects.all(), help_text="Whose statement it is."
    )
    layout = serializers.PrimaryKeyRelatedField(queryset=StatementLayout.objects.all())
    file = serializers.FileField(help_text="CSV or XLSX, up to 5 MB.")


class LineVerdictSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    day = serializers.DateField()
    reference = serializers.CharField()
    amount = serializers.CharField()
    verdict = serializers.CharField()
    explanation = serializers.CharField()
    claim = serializers.UUIDField(allow_null=True)


class BadRowSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    reason = serializers.CharField()


class ImportedStatementSerializer(serializers.Serializer[Any]):
    """What a statement brought: what it proved, everything that waits and why, and what could not be read."""

    statement = serializers.UUIDField()
    lines = serializers.IntegerField()
    known = serializers.IntegerField(help_text="Lines that an earlier file had too.")
    outgoing = serializers.IntegerField()
    confirmed = LineVerdictSerializer(many=True)
    unmatched = LineVerdictSerializer(many=True)
    bad_rows = BadRowSerializer(many=True)


class BankStatementSerializer(serializers.ModelSerializer[BankStatement]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    recipient = serializers.UUIDField(source="recipient.public_id", read_only=True)

    class Meta:
        model = BankStatement
        fields = ["id", "recipient", "filename", "known_count", "outgoing_count", "bad_rows", "created_at"]
        read_only_fields = fields
