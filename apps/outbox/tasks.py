from datetime import timedelta

from celery import shared_task
from django.conf import settings

from apps.outbox import services


@shared_task(name="outbox.drain", time_limit=services.LEASE_SECONDS)
def drain(**_later: object) -> None:
    """Deliver what is due; woken by commits and by beat."""
    services.drain()


@shared_task(name="outbox.delete_old_messages")
def delete_old_messages(**_later: object) -> None:
    """Forget what everybody has heard; dead letters stay until staff have dealt with them."""
    services.delete_old_messages(older_than=timedelta(days=settings.OUTBOX_KEEP_DAYS))
