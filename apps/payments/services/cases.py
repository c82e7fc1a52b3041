"""What a person must look at."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.outbox import services as outbox
from apps.payments.events import CaseOpened
from apps.payments.models import Case, CaseKind, Payment


def open_case(*, kind: CaseKind, summary: str, payment: Payment | None = None) -> None:
    """Put it before staff, unless the same is open already; the caller holds the lock of what it is about."""
    if payment is not None and payment.cases.filter(kind=kind, resolved_at=None).exists():
        return
    case = Case.objects.create(kind=kind, payment=payment, summary=summary[:300])
    outbox.publish(CaseOpened(case_id=case.pk))


@transaction.atomic
def resolve_case(*, case_id: int, staff_user: User, resolution: str) -> bool:
    """Close a case with what was decided; False if somebody had closed it before."""
    still_open = Case.objects.filter(pk=case_id, resolved_at=None)
    changed = still_open.update(
        resolution=resolution[:300], resolved_by=staff_user, resolved_at=Now(), updated_at=Now()
    )
    return bool(changed)
