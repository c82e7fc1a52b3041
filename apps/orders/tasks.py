from celery import shared_task

from apps.orders import services


@shared_task(name="orders.expire_due_orders")
def expire_due_orders(**_later: object) -> None:
    """Give back what unpaid orders hold; the deadline itself is a column and needs no clock of ours."""
    services.expire_due_orders()


@shared_task(name="orders.rank_products")
def rank_products(**_later: object) -> None:
    """Order lists by what has sold of late."""
    services.rank_products()
