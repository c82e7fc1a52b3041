"""The books: double entry, only ever added to, balanced in every currency at every commit (migration 0004)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.common.ids import new_id
from apps.common.money import Money
from apps.orders.models import Order
from apps.payments.models.payments import Payment
from apps.payments.models.refunds import Refund


class Account(models.TextChoices):
    """Whose money it is; a positive balance is a debit. `clearing` and `fees` are kept for each provider apart."""

    CLEARING = "clearing", "Money that the provider, the bank or the till holds for us"
    CUSTOMER = "customer", "What customers owe us; below zero, what we owe them"
    SALES = "sales", "What was sold"
    REFUNDS = "refunds", "What was given back of sales"
    FEES = "fees", "What providers kept"
    DISPUTES = "disputes", "What customers' banks took back"
    SUSPENSE = "suspense", "Money that came and fits nothing yet"
    EXCHANGE = "exchange", "One currency given for another"
    ROUNDING = "rounding", "Less than the smallest coin, left by exchange"


class LedgerTransaction(models.Model):
    """Something that happened to money, told in a sentence; `key` says what, so that it is booked once."""

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    key = models.CharField(max_length=120, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="ledger")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger")
    description = models.CharField(max_length=300)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.description


class LedgerEntry(models.Model):
    """One side of a transaction: debit above zero, credit below."""

    transaction = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=10, choices=Account)
    provider = models.CharField(max_length=30, blank=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [
            models.CheckConstraint(condition=Q(account__in=Account.values), name="ledger_account_known"),
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_amount_not_zero"),
        ]
        indexes = [models.Index(fields=["account", "provider", "currency"], name="ledger_by_account")]

    def __str__(self) -> str:
        return f"{self.account} {self.money}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)
