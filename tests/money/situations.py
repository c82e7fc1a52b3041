"""How things stand with an order when news of money comes: brought about once, and kept for each piece of news."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.test import override_settings

from apps.accounts.models import User
from apps.common.money import Money
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.payments import providers, services
from apps.payments.models import LedgerTransaction
from apps.payments.tests.paying import work
from tests.money.company import Company

PATIENCE = (10.0, 10.0)  # seconds to connect, seconds to wait: the company is not what is slow here
OVER = {"expired", "units gone", "ordered again"}


@contextmanager
def undone():
    """What is done inside has not happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Stage:
    """Brings a situation about, and keeps it as long as nobody asks for another: then nothing of it is left."""

    def __init__(self, sandbox, ways):
        self.sandbox, self.ways = sandbox, {way.code: way for way in ways}
        self.shown, self.situation, self.props = None, None, ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.props.close()

    @contextmanager
    def show(self, way, state):
        """The situation as it was when it had been brought about, whatever happened in it before."""
        if self.shown != (way, state):
            self._clear()
            self.situation = self._set_up(self.ways[way], state)
            self.shown = way, state
        with undone():
            yield self.situation
        self.sandbox.go_back()

    def _clear(self):
        self.shown = None
        self.props.close()

    def _set_up(self, way, state):
        another = Company("another", asks_to_capture=False, refunds_take_time=False)
        patch = self.props.enter_context(pytest.MonkeyPatch.context())
        patch.setitem(providers._BUILDERS, another.code, lambda: another)
        self.props.enter_context(override_settings(PROVIDER_TIMEOUTS=PATIENCE, **way.settings()))
        self.props.enter_context(undone())
        self.sandbox.reset()
        situation = Situation(way, state)
        self.sandbox.mark()
        return situation


class Looks(NamedTuple):
    """An order and its units, as anybody sees them; of the units who are there, reserved and committed."""

    status: str
    payment_status: str
    paid: Money
    units: list[tuple[int, int, int]]


class Situation:
    """One order for one unit each of two articles that have no more, and the attempt that the news will be about."""

    def __init__(self, way, state):
        self.way, self.state = way, state
        self.staff = User.objects.create_superuser("staff@example.test", "a-long-password")
        way.prepare(self.staff)
        self.items = [StockItemFactory(on_hand=1), StockItemFactory(on_hand=1)]
        self.order = place(*self.items, is_pickup=way.is_pickup)
        self.bring_about(state)
        self.before = self.looks()
        self.booked_before = Counter(self.books())
        self.sold_before = Counter({"sale": self.booked_before["sale"]})  # what is paid at the door was sold before

    def bring_about(self, state):
        if state == "partly paid":
            self.another_pays(Money(self.order.total_amount / 4, "USD").rounded())
        self.payment = self.way.begin(self.order)
        if state in {"paid already", "sent", "completed", "refunded"}:
            other = self.another_pays(self.order.total)
        if state in OVER | {"overdue"}:
            Order.objects.update(payment_due_at=Now() - timedelta(seconds=1))
        if state in OVER:
            order_services.expire_due_orders()
        if state == "units gone":
            place(self.items[0])
        if state == "ordered again":
            self.more_arrive()
            place(*self.items, cart_id=self.order.cart_id)
        if state == "cancelled":
            order_services.cancel_order(order_id=self.order.pk, actor="customer")
        if state in {"sent", "completed", "sent unpaid"}:
            order_services.ship_order(order_id=self.order.pk, actor="staff:1")
        if state == "completed":
            order_services.complete_order(order_id=self.order.pk, actor="staff:1")
        if state == "refunded":
            refund = services.request_refund(payment_id=other.pk, amount=None, reason="broken", actor="staff:1")
            services.execute_refund(refund_id=refund.pk)

    def another_pays(self, part):
        """By another company, which is not what the table is about."""
        company = providers.get_online_provider("another")
        payment = services.open_payment(order=Order.objects.get(pk=self.order.pk), provider="another", part=part)
        services.start_payment(payment_id=payment.pk)
        payment.refresh_from_db()
        company.take(company.charges[payment.provider_reference])
        return services.settle_payment(payment_id=payment.pk)

    def more_arrive(self):
        for item in self.items:
            StockItem.objects.filter(pk=item.pk).update(on_hand=2)
            item.movements.create(delta=1, reason="receipt")

    def happens(self, event):
        """Answers the money that came by it, if any did."""
        return self.way.happens(event, self.payment, work)

    def looks(self):
        order = Order.objects.get(pk=self.order.pk)
        rows = StockItem.objects.filter(pk__in=[item.pk for item in self.items]).order_by("pk")
        units = [(item.on_hand, item.reserved, item.committed) for item in rows]
        return Looks(order.status, order.payment_status, order.paid, units)

    def books(self):
        """What was written of the attempt, each by the first word of its key."""
        keys = LedgerTransaction.objects.filter(payment=self.payment).values_list("key", flat=True)
        return [key.split(":")[0] for key in keys]
