"""What waits for somebody today, and how the last days went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Aggregate, Count, DateTimeField, Exists, Min, OuterRef, QuerySet, Sum, Value
from django.db.models.functions import TruncDate

from apps.common.clock import database_now
from apps.common.money import Money
from apps.fx_rates import selectors as fx_selectors
from apps.inventory import selectors as inventory_selectors
from apps.orders.models import AWAITING_PAYMENT, Order, OrderLine, OrderStatus
from apps.outbox.models import Delivery, DeliveryStatus
from apps.payments import selectors as payment_selectors
from apps.payments.providers import codes_by_hand
from apps.payments.selectors import pago_movil as pago_movil_selectors
from apps.reviews import selectors as review_selectors
from apps.stores.models import Store


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows that wait for somebody: `model` is "app_label.model_name", `query` is what shows them in its list."""

    title: str
    hint: str
    icon: str
    model: str
    query: str
    rows: Callable[[], QuerySet[Any]]
    since: str = "created_at"  # from when a row waits; empty where that is not known


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many rows wait in a queue, and since when the oldest does."""

    queue: Queue
    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """Orders placed on a day, and what was paid for orders on it."""

    date: date
    orders: int
    revenue: Money


def orders_to_confirm() -> QuerySet[Order]:
    return Order.objects.filter(status__in=AWAITING_PAYMENT)


def orders_to_ship() -> QuerySet[Order]:
    return _to_be_sent().filter(_SOMETHING_LEFT)


def orders_with_nothing_to_send() -> QuerySet[Order]:
    """Every unit was given up, and not all of the money went back: a shipping charge, say."""
    return _to_be_sent().exclude(_SOMETHING_LEFT)


def has_units_to_send(order: Order) -> bool:
    return order.is_to_be_sent and order.lines.left_to_send().exists()


_SOMETHING_LEFT = Exists(OrderLine.objects.filter(order=OuterRef("pk")).left_to_send())


def _to_be_sent() -> QuerySet[Order]:
    return Order.objects.filter(status__in=[OrderStatus.CONFIRMED, OrderStatus.PROCESSING])


QUEUES = [
    Queue(
        "Orders to confirm",
        "not paid yet",
        "hourglass_top",
        "orders.order",
        "queue=to_confirm",
        orders_to_confirm,
    ),
    Queue(
        "Transfers to verify",
        "look into the bank account",
        "account_balance",
        "payments.payment",
        "queue=to_verify",
        lambda: payment_selectors.transfers_to_verify(by_hand=codes_by_hand()),
    ),
    Queue(
        "Mobile payments to verify",
        "reported by customers",
        "smartphone",
        "payments.pagomovilclaim",
        "queue=to_verify",
        pago_movil_selectors.claims_to_verify,
    ),
    Queue(
        "Orders to ship",
        "paid, and something is left to send",
        "local_shipping",
        "orders.order",
        "queue=to_ship",
        orders_to_ship,
        since="paid_at",
    ),
    Queue(
        "Orders with nothing to send",
        "every unit was refunded",
        "remove_shopping_cart",
        "orders.order",
        "queue=nothing_to_send",
        orders_with_nothing_to_send,
        since="paid_at",
    ),
    Queue(
        "Open cases",
        "money that needs a decision",
        "gavel",
        "payments.case",
        "state=open",
        payment_selectors.open_cases,
    ),
    Queue(
        "Open disputes",
        "answer at the provider in time",
        "balance",
        "payments.dispute",
        "state=open",
        payment_selectors.open_disputes,
    ),
    Queue(
        "Stores to open",
        "customers have opened them",
        "storefront",
        "stores.store",
        "is_awaiting_opening__exact=1",
        lambda: Store.objects.filter(is_awaiting_opening=True),
    ),
    Queue(
        "Low stock",
        "on sale, and nearly gone",
        "production_quantity_limits",
        "inventory.stockitem",
        "level=low",
        inventory_selectors.low_stock,
        since="",
    ),
    Queue(
        "Reviews to moderate",
        "nobody has read them yet",
        "reviews",
        "reviews.review",
        "queue=to_moderate",
        review_selectors.reviews_to_moderate,
    ),
    Queue(
        "Rate alerts",
        "exchange rates to look at",
        "currency_exchange",
        "fx_rates.exchangeratealert",
        "acknowledged_at__isempty=1",
        lambda: fx_selectors.alerts(is_acknowledged=False),
    ),
    Queue(
        "Dead letters",
        "events that a handler gave up on",
        "mail_off",
        "outbox.delivery",
        "status__exact=dead",
        lambda: Delivery.objects.filter(status=DeliveryStatus.DEAD),
        since="message__created_at",
    ),
]


def measure_waiting(queues: Sequence[Queue]) -> list[Waiting]:
    """The queues with what waits in each; one statement for all of them."""
    if not queues:
        return []
    first, *others = (_measured(queue, number) for number, queue in enumerate(queues))
    found = first.union(*others, all=True).values_list("in_queue", "waiting", "oldest")
    figures = {number: (count, oldest) for number, count, oldest in found}
    return [Waiting(queue, *figures[number]) for number, queue in enumerate(queues)]


def _measured(queue: Queue, number: int) -> QuerySet[Any, dict[str, Any]]:
    rows = queue.rows()
    oldest = Min(queue.since) if queue.since else Value(None, output_field=DateTimeField())
    return (
        rows.model._default_manager.filter(pk__in=rows.order_by().values("pk"))
        .values(in_queue=Value(number))
        .annotate(waiting=Count("pk"), oldest=oldest)
    )


def sales_by_day(*, days: int, currency: str) -> list[Day]:
    """The last `days` days by the shop's clock, today last; only orders in that currency count. Two queries."""
    zone = ZoneInfo(settings.SHOP_TIME_ZONE)
    first = database_now().astimezone(zone).date() - timedelta(days=days - 1)
    since = datetime.combine(first, time.min, tzinfo=zone)
    own = Order.objects.filter(currency=currency)
    placed = _by_day(own.filter(created_at__gte=since), "created_at", Count("pk"))
    paid = _by_day(own.filter(paid_at__gte=since), "paid_at", Sum("total_amount"))
    return [
        Day(day, placed.get(day, 0), Money(paid.get(day, Decimal(0)), currency))
        for day in (first + timedelta(days=number) for number in range(days))
    ]


def payment_success_by_day(*, days: int) -> dict[date, Decimal]:
    """For each day on which payments began that are decided: how many of a hundred succeeded, however they came."""
    succeeded: Counter[date] = Counter()
    decided: Counter[date] = Counter()
    for row in payment_selectors.payment_figures(days=days):
        if row.day is not None:
            succeeded[row.day] += row.succeeded
            decided[row.day] += row.succeeded + row.failed
    return {
        day: (Decimal(100 * succeeded[day]) / count).quantize(Decimal("0.1")) for day, count in decided.items() if count
    }


def _by_day(orders: QuerySet[Order], moment: str, figure: Aggregate) -> dict[date, Any]:
    days = (
        orders.annotate(day=TruncDate(moment, tzinfo=ZoneInfo(settings.SHOP_TIME_ZONE)))
        .values("day")
        .annotate(figure=figure)
    )
    return dict(days.values_list("day", "figure"))
