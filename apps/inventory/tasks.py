from celery import shared_task

from apps.inventory import services


@shared_task(name="inventory.announce_low_stock")
def announce_low_stock(**_later: object) -> None:
    """Tell stores of what runs out, once until more of it comes."""
    services.announce_low_stock()
