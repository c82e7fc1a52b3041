from celery import shared_task

from apps.catalog import services


@shared_task(name="catalog.sweep_searches")
def sweep_searches(**_later: object) -> None:
    """Forget old searches, and words that no product says any more."""
    services.sweep_searches()
