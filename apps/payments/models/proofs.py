"""What a customer says of a transfer that he has made."""

from __future__ import annotations

from django.db import models

from apps.common.models import PublicModel
from apps.payments.models.pago_movil import private_storage
from apps.payments.models.payments import Payment


class TransferProof(PublicModel):
    """One report of a transfer: a hint where to look, never evidence. A further one adds to it."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="proofs")
    bank_reference = models.CharField(max_length=60, help_text="As the payer's bank shows it.")
    payer = models.CharField(max_length=120, blank=True, help_text="Whose account the money left.")
    picture = models.FileField(upload_to="proofs/", storage=private_storage, blank=True, max_length=200)

    class Meta:
        indexes = [models.Index(fields=["bank_reference"], name="transfer_proof_by_reference")]

    def __str__(self) -> str:
        return f"{self.bank_reference} for {self.payment_id}"
