"""Money that waits for a person's word, all of it at once: for the shell, where the bank's page lies beside it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.common.exceptions import DomainError
from apps.payments import selectors
from apps.payments.models import ClaimState, PagoMovilClaim, Payment
from apps.payments.providers import codes_by_hand
from apps.payments.selectors import pago_movil as pago_movil_selectors
from apps.payments.services.manual import confirm_manual_payment
from apps.payments.services.pago_movil import approve_claim

MAY_DECIDE_REPORTS = "payments.change_pagomovilclaim"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payment whose money only staff see. `reference` is the bank's for a report, ours otherwise."""

    order: str
    provider: str
    reference: str
    asked: str
    reported: str
    since: str
    outcome: str = "waits"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def list_waiting(*, order: str = "") -> list[Waiting]:
    """Transfers and reports that wait, oldest first; of one order where its number is said."""
    return [_describe(one) for one in _waiting(order)]


def confirm_waiting(*, staff_user: User, order: str = "", is_dry_run: bool = False) -> list[Waiting]:
    """Confirm each that waits with exactly what was asked, in the name of whoever has looked into the bank's page.

    A report of another amount is left for the admin, where somebody types what came. Call outside a transaction: each
    is confirmed in its own, and one that is refused holds up none. A dry run does the same and takes it back.
    """
    return [_describe(one, _confirm(one, staff_user, is_dry_run)) for one in _waiting(order)]


def _waiting(order: str) -> list[Payment | PagoMovilClaim]:
    transfers = selectors.transfers_to_verify(by_hand=codes_by_hand()).select_related("order")
    claims = pago_movil_selectors.claims_to_verify()
    if order:
        transfers, claims = transfers.filter(order__number=order), claims.filter(payment__order__number=order)
    rows: list[Payment | PagoMovilClaim] = [*transfers, *claims]
    return sorted(rows, key=lambda row: row.created_at)


def _confirm(row: Payment | PagoMovilClaim, staff_user: User, is_dry_run: bool) -> str:
    payment = _payment_of(row)
    if isinstance(row, PagoMovilClaim) and row.money != payment.money:
        return f"left: {row.money} were reported"
    try:
        with transaction.atomic():
            outcome = _decide(row, payment, staff_user)
            transaction.set_rollback(is_dry_run)
    except DomainError as refusal:
        outcome = f"refused: {refusal.detail}"
    return f"dry run: {outcome}" if is_dry_run else outcome


def _decide(row: Payment | PagoMovilClaim, payment: Payment, staff_user: User) -> str:
    if isinstance(row, Payment):
        return confirm_manual_payment(payment_id=row.pk, staff_user=staff_user, amount=row.money).status
    if not staff_user.has_perm(MAY_DECIDE_REPORTS):
        return "refused: Who has looked may not decide about Pago Móvil reports."
    claim = approve_claim(claim_id=row.pk, staff_user=staff_user, amount=payment.amount, note="By command.")
    return "waits for a second person" if claim.state == ClaimState.UNDER_REVIEW else claim.state


def _describe(row: Payment | PagoMovilClaim, outcome: str = "waits") -> Waiting:
    payment = _payment_of(row)
    is_claim = isinstance(row, PagoMovilClaim)
    return Waiting(
        order=payment.order.number,
        provider=payment.provider,
        reference=row.reference,
        asked=str(payment.money),
        reported=str(row.money) if is_claim else "",
        since=row.created_at.isoformat(),
        outcome=outcome,
    )


def _payment_of(row: Payment | PagoMovilClaim) -> Payment:
    return row if isinstance(row, Payment) else row.payment
