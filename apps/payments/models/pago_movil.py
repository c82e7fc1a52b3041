"""Pago Móvil: banks, our accounts, what a payment was told, what customers report, what the banks' statements say."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.common.models import PublicModel, TimeStampedModel
from apps.common.money import Money
from apps.payments.models.payments import Payment
from apps.payments.pago_movil.statements import Layout, Sign

VES = "VES"


def private_storage() -> Storage:
    """Files that no address serves: only a view, to whom they concern."""
    return storages["private"]


class Bank(TimeStampedModel):
    """A bank of Venezuela by its four-digit code. Closed ones stay, for the payments that know them."""

    code = models.CharField(max_length=4, unique=True)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True, help_text="A payment from it may be reported.")
    is_listed = models.BooleanField(default=True, help_text="Customers see it in the list of banks.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(code__regex=r"^[0-9]{4}$"), name="bank_code_four_digits")]

    def __str__(self) -> str:
        return f"{self.code} {self.short_name}"


class PagoMovilRecipient(PublicModel):
    """An account of the shop that takes mobile payments. Which one a payment is sent to: services/pago_movil."""

    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="+")
    phone = models.CharField(max_length=13, help_text="As +584121234567.")
    document = models.CharField(max_length=21, help_text="RIF or cédula, as J123456789.")
    holder = models.CharField(max_length=120)
    account_number = models.CharField(max_length=20, blank=True, help_text="Twenty digits, for those who look for it.")
    daily_limit_amount = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, help_text="In VES; empty: none."
    )
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Among equals the lowest is asked first.")

    class Meta:
        verbose_name = "Pago Móvil account"
        constraints = [
            models.UniqueConstraint(fields=["bank", "phone", "document"], name="pago_movil_recipient_once"),
            models.CheckConstraint(
                condition=Q(daily_limit_amount=None) | Q(daily_limit_amount__gt=0), name="pago_movil_limit_positive"
            ),
            models.CheckConstraint(
                condition=Q(account_number="") | Q(account_number__regex=r"^[0-9]{20}$"),
                name="pago_movil_account_twenty_digits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bank_id and self.bank.code} {self.phone} {self.holder}"


class PagoMovilAssignment(TimeStampedModel):
    """Where one payment's customer was told to send it: copied when the payment was opened, and never changed."""

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="pago_movil")
    recipient = models.ForeignKey(PagoMovilRecipient, on_delete=models.PROTECT, related_name="+")
    bank_code = models.CharField(max_length=4)
    bank_name = models.CharField(max_length=60)
    phone = models.CharField(max_length=13)
    document = models.CharField(max_length=21)
    holder = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    asked_date = models.DateField(help_text="In Caracas, where daily limits are counted.")

    class Meta:
        indexes = [models.Index(fields=["recipient", "asked_date"])]

    def __str__(self) -> str:
        return f"{self.bank_code} {self.phone}"


class ClaimState(models.TextChoices):
    REPORTED = "reported"  # the customer typed the data
    UNDER_REVIEW = "under_review"  # somebody of the staff looks for it, or waits for a second person
    CONFIRMED = "confirmed"
    PARTIAL = "partial"  # less came, and it counts for what it is worth
    OVERPAID = "overpaid"  # more came; the rest goes back
    REJECTED = "rejected"


NEXT_CLAIM_STATES: dict[str, set[str]] = {
    ClaimState.REPORTED: {"under_review", "confirmed", "partial", "overpaid", "rejected"},
    ClaimState.UNDER_REVIEW: {"confirmed", "partial", "overpaid", "rejected"},
    ClaimState.CONFIRMED: set(),
    ClaimState.PARTIAL: set(),
    ClaimState.OVERPAID: set(),
    ClaimState.REJECTED: set(),  # the customer reports again, which is another claim
}
OPEN_CLAIMS = [ClaimState.REPORTED, ClaimState.UNDER_REVIEW]
APPROVED_CLAIMS = [ClaimState.CONFIRMED, ClaimState.PARTIAL, ClaimState.OVERPAID]


class PagoMovilClaim(PublicModel):
    """A customer says: I have paid, from this bank and phone, with this reference. Staff say what the bank shows.

    `reference` keeps the digits as typed, `reference_key` what it is compared by. `amount` is the customer's word,
    `received_amount` what staff read at the bank; above a limit two people must, the first is `first_approved_by`.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="claims")
    recipient = models.ForeignKey(PagoMovilRecipient, on_delete=models.PROTECT, related_name="claims")
    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="+", help_text="From which it was sent.")
    phone = models.CharField(max_length=13)
    document = models.CharField(max_length=21)
    reference = models.CharField(max_length=20)
    reference_key = models.CharField(max_length=20)
    payment_date = models.DateField(help_text="In Caracas.")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    proof = models.FileField(upload_to="proofs/", storage=private_storage, blank=True, max_length=200)
    state = models.CharField(max_length=12, choices=ClaimState, default=ClaimState.REPORTED)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was rejected; the customer may read it.")
    received_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_approved_at = models.DateTimeField(null=True, blank=True)
    first_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "Pago Móvil report"
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "bank", "reference_key", "payment_date"],
                condition=~Q(state="rejected"),
                name="pago_movil_reference_once",
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=~Q(state="rejected"),
                name="pago_movil_one_claim_per_payment",
            ),
            models.CheckConstraint(condition=Q(state__in=ClaimState.values), name="pago_movil_claim_state_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="pago_movil_claim_amount_positive"),
            models.CheckConstraint(
                condition=Q(state__in=["confirmed", "partial", "overpaid"], received_amount__gt=0)
                | Q(state__in=["reported", "under_review", "rejected"]),
                name="pago_movil_approved_with_amount",
            ),
            models.CheckConstraint(
                condition=Q(first_approved_by=None)
                | Q(reviewed_by=None)
                | Q(state="rejected")
                | ~Q(reviewed_by=F("first_approved_by")),
                name="pago_movil_second_person_is_another",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=["reported", "under_review"]), name="claim_open"),
            models.Index(fields=["recipient", "reference_key"]),
            models.Index(fields=["phone", "payment_date"]),
        ]

    def __str__(self) -> str:
        return f"Pago Móvil {self.reference} of {self.bank_id and self.bank.short_name}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_CLAIMS

    @property
    def money(self) -> Money:
        return Money(self.amount, VES)

    @property
    def received(self) -> Money | None:
        return None if self.received_amount is None else Money(self.received_amount, VES)

    def can_become(self, state: str) -> bool:
        return state in NEXT_CLAIM_STATES[self.state]

    def update(self, **changes: Any) -> None:
        """Write these columns and the time of the change; the caller holds the row's lock."""
        PagoMovilClaim.objects.filter(pk=self.pk).update(updated_at=Now(), **changes)
        for name, value in changes.items():
            setattr(self, name, value)


class PagoMovilClaimEvent(models.Model):
    """A line of a claim's history; the database lets none be changed or taken away."""

    claim = models.ForeignKey(PagoMovilClaim, on_delete=models.PROTECT, related_name="events")
    actor = models.CharField(max_length=40)
    old = models.CharField(max_length=12, blank=True)
    new = models.CharField(max_length=12)
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


class StatementLayout(TimeStampedModel):
    """How a bank writes its statement; staff mend it when the bank changes its mind. See pago_movil/statements.py."""

    name = models.CharField(max_length=60, unique=True)
    date_column = models.CharField(max_length=60)
    reference_column = models.CharField(max_length=60)
    amount_column = models.CharField(max_length=60)
    phone_column = models.CharField(max_length=60, blank=True)
    bank_column = models.CharField(max_length=60, blank=True)
    text_column = models.CharField(max_length=60, blank=True)
    sign = models.CharField(
        max_length=10, choices=[(sign.value, sign.value) for sign in Sign], default=Sign.SIGNED.value
    )
    kind_column = models.CharField(max_length=60, blank=True)
    credit_word = models.CharField(max_length=20, blank=True)
    decimal_point = models.CharField(max_length=1, choices=[(",", "1.234,56"), (".", "1,234.56")], default=",")
    date_format = models.CharField(max_length=20, default="%d/%m/%Y")
    delimiter = models.CharField(max_length=1, choices=[(";", ";"), (",", ","), ("\t", "tab")], default=";")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(sign="word") | ~Q(kind_column="") & ~Q(credit_word=""), name="statement_layout_word_said"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def as_layout(self) -> Layout:
        texts = {name: getattr(self, name) for name in Layout.__dataclass_fields__ if name != "sign"}
        return Layout(**texts, sign=Sign(self.sign))


class BankStatement(PublicModel):
    """A file that staff took from a bank, as it came."""

    recipient = models.ForeignKey(PagoMovilRecipient, on_delete=models.PROTECT, related_name="statements")
    layout = models.ForeignKey(StatementLayout, on_delete=models.PROTECT, related_name="+")
    file = models.FileField(upload_to="statements/", storage=private_storage, max_length=200)
    filename = models.CharField(max_length=200)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    bad_rows = models.JSONField(default=list, blank=True)
    outgoing_count = models.PositiveIntegerField(default=0)
    known_count = models.PositiveIntegerField(default=0, help_text="Lines that an earlier file had too.")

    def __str__(self) -> str:
        return self.filename


class StatementLine(TimeStampedModel):
    """Money that a bank says has come. `claim` is set once and for ever: a line pays for one thing."""

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines")
    recipient = models.ForeignKey(PagoMovilRecipient, on_delete=models.PROTECT, related_name="+")
    row = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64, help_text="The same line in another file has the same.")
    posted_date = models.DateField()
    reference = models.CharField(max_length=30)
    reference_key = models.CharField(max_length=30)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    bank_code = models.CharField(max_length=4, blank=True)
    phone = models.CharField(max_length=13, blank=True)
    text = models.CharField(max_length=200, blank=True)
    verdict = models.CharField(max_length=20, blank=True)
    like_claim = models.ForeignKey(
        PagoMovilClaim, on_delete=models.PROTECT, null=True, blank=True, related_name="lines_like_it"
    )
    claim = models.OneToOneField(
        PagoMovilClaim, on_delete=models.PROTECT, null=True, blank=True, related_name="statement_line"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipient", "fingerprint"], name="statement_line_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="statement_line_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["recipient", "posted_date"], condition=Q(claim=None), name="statement_line_free"),
            models.Index(fields=["recipient", "reference_key"]),
        ]

    def __str__(self) -> str:
        return f"{self.posted_date} {self.reference} {self.money}"

    @property
    def money(self) -> Money:
        return Money(self.amount, VES)
