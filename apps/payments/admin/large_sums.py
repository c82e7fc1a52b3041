"""Large sums leave the shop only by the hand of somebody who has just shown the second factor, if he has one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.accounts.middleware import ask_for_a_fresh_one
from apps.payments.models import Payment, Refund


def ask_above_limit(request: HttpRequest, worth: Decimal) -> HttpResponse | None:
    """The question, if that much in the currency of orders is above SECOND_FACTOR_REFUND_ABOVE."""
    limit = settings.SECOND_FACTOR_REFUND_ABOVE
    return ask_for_a_fresh_one(request) if limit and worth > Decimal(limit) else None


def guard_refund_of_payment(request: HttpRequest, payment: Payment, answers: dict[str, Any]) -> HttpResponse | None:
    return ask_above_limit(request, _worth(payment, answers["amount"]))


def guard_sent_by_hand(request: HttpRequest, refund: Refund, answers: dict[str, Any]) -> HttpResponse | None:
    return ask_above_limit(request, _worth(refund.payment, refund.amount))


def _worth(payment: Payment, amount: Decimal) -> Decimal:
    """At the rate by which it was paid."""
    return payment.order_amount * amount / payment.amount
