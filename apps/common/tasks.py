from celery import shared_task

from apps.common import idempotency, limits


@shared_task(name="common.delete_old_idempotency_records")
def delete_old_idempotency_records(**_later: object) -> None:
    """Forget requests that nobody will repeat any more."""
    idempotency.delete_old_records()


@shared_task(name="common.delete_old_counters")
def delete_old_counters(**_later: object) -> None:
    """Forget counts whose window is over."""
    limits.delete_old_counters()
