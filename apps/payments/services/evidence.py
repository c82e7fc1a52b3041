"""What proves a payment, and how long: no longer than a bank or a company can dispute it."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from apps.common.personal_data import Erased
from apps.payments.exceptions import ProviderRejected
from apps.payments.models import PagoMovilClaim, Payment, ProviderCustomer, StatementLine, TransferProof, WebhookEvent
from apps.payments.providers import get_keeper

log = logging.getLogger(__name__)


def erase_evidence(*, payments: QuerySet[Payment]) -> Erased:
    """Of those payments that are older than EVIDENCE_KEEP_DAYS: pictures, payers' names, phones and documents.

    The files are the caller's to delete, once this is committed.
    """
    old = payments.filter(created_at__lt=Now() - timedelta(days=settings.EVIDENCE_KEEP_DAYS)).values("pk")
    said = Q(payment__in=old)
    claims = PagoMovilClaim.objects.filter(said).exclude(phone="", document="", proof="")
    proofs = TransferProof.objects.filter(said).exclude(payer="", picture="")
    lines = StatementLine.objects.filter(claim__payment__in=old).exclude(phone="", text="")
    files = [claim.proof for claim in claims if claim.proof] + [proof.picture for proof in proofs if proof.picture]
    rows = lines.update(phone="", text="", updated_at=Now())
    rows += claims.update(phone="", document="", proof="", updated_at=Now())
    rows += proofs.update(payer="", picture="", updated_at=Now())
    return Erased(rows, files)


def delete_old_evidence() -> int:
    """The same for everybody who was erased meanwhile; and the bodies of webhooks that old, whoever they are about."""
    with transaction.atomic():
        erased = erase_evidence(payments=Payment.objects.filter(order__customer__erased_at__isnull=False))
        for file in erased.files:
            transaction.on_commit(partial(file.storage.delete, str(file.name)), robust=True)
    oldest = Now() - timedelta(days=settings.EVIDENCE_KEEP_DAYS)
    bodies = WebhookEvent.objects.filter(processed_at__lt=oldest).exclude(raw_body=b"")
    return erased.rows + bodies.update(raw_body=b"", updated_at=Now())


def forget_person(*, user_id: int) -> None:
    """Have every company that keeps cards forget an erased person for ever. Twice is once.

    Raises:
        ProviderUnavailable: try again later.
        ProviderNotOffered: its settings are gone, so that nobody can tell it.
    """
    for customer in ProviderCustomer.objects.filter(user_id=user_id).order_by("pk"):
        try:
            get_keeper(customer.provider).delete_customer(customer.provider_reference)
        except ProviderRejected as refusal:
            log.warning("%s knows nothing of %s any more: %s", customer.provider, customer.provider_reference, refusal)
