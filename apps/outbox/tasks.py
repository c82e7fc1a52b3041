from celery import shared_task

from apps.outbox import services


@shared_task(name="outbox.drain")
def drain(**_later: object) -> None:
    """Deliver what is due; woken by commits and by beat."""
    services.drain()
