from celery import shared_task
from django.utils import timezone

from apps.catalog import services


@shared_task(name="catalog.sweep_searches")
def sweep_searches(**_later: object) -> None:
    """Forget old searches, and words that no product says any more."""
    services.sweep_searches()


@shared_task(name="catalog.sweep_pictures")
def sweep_pictures(**_later: object) -> None:
    """Delete files of pictures that no row names."""
    services.sweep_pictures(now=timezone.now())


@shared_task(name="catalog.turn_products")
def turn_products(**_later: object) -> None:
    """Show what the clock has changed; readers who come first do it themselves."""
    services.turn_products()
