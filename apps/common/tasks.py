from celery import shared_task

from apps.common import idempotency


@shared_task(name="common.delete_old_idempotency_records")
def delete_old_idempotency_records(**_later: object) -> None:
    """Forget requests that nobody will repeat any more."""
    idempotency.delete_old_records()
