"""Doing one thing at a time at a provider, without a lock that would be held while it is called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection

from apps.payments.exceptions import ProviderUnavailable
from apps.payments.models import Payment

LEASE = timedelta(minutes=6)  # longer than a task may run (CELERY_TASK_TIME_LIMIT): then its worker is dead

_CLAIM = """
UPDATE payments_payment SET refunding_until = statement_timestamp() + %s
WHERE id = %s AND (refunding_until IS NULL OR refunding_until < statement_timestamp()) RETURNING refunding_until
"""


@contextmanager
def sending_a_refund(payment: Payment) -> Iterator[None]:
    """Be the only one who sends refunds of this payment; call outside a transaction.

    Where the provider knows no keys, two who look at once would both find nothing, and both send.

    Raises:
        ProviderUnavailable: somebody else is at it; try again later.
    """
    until = _claim(payment.pk)
    try:
        yield
    finally:
        Payment.objects.filter(pk=payment.pk, refunding_until=until).update(refunding_until=None)


def _claim(payment_id: int) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [LEASE, payment_id])  # type: ignore[list-item]  # psycopg takes a timedelta
        claimed = cursor.fetchone()
    if claimed is None:
        raise ProviderUnavailable("Another refund of this payment is being sent; try again later.")
    until: datetime = claimed[0]
    return until
