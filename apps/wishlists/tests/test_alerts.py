"""What people ask to be told of, and when there is something to tell."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.tests.factories import UserFactory
from apps.catalog import services as catalog
from apps.catalog.exceptions import ProductNotFound
from apps.catalog.models import ProductVariant
from apps.catalog.tests.clock import clock_goes_on
from apps.common.clock import database_now
from apps.common.money import Money
from apps.inventory import services as inventory
from apps.inventory.models import MovementReason, Reservation, StockItem
from apps.orders import services as orders
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.wishlists import selectors, services
from apps.wishlists.exceptions import AlertAlreadyMet, TargetPriceRefused, TooManyAlerts
from apps.wishlists.models import AlertKind, AlertStatus, PriceAlert
from apps.wishlists.services import alerts
from apps.wishlists.tests.factories import ask, goods, set_price, sister

pytestmark = pytest.mark.django_db
BACK = AlertKind.BACK_IN_STOCK


@pytest.fixture
def ada():
    return UserFactory(email="ada@example.test")


def usd(amount):
    return Money(Decimal(amount), "USD")


def told():
    """Whatever there is to tell now, is told; the prices."""
    taken = [services.take_alert(alert_id=pk) for pk in selectors.met_alerts(limit=100)]
    return [None if alert.told_price is None else str(alert.told_price.amount) for alert in taken]


def test_each_lower_price_is_told_once_and_a_higher_one_never(ada):
    product = goods(price="20.00")
    ask(ada, product)

    heard = []
    for price in ("20.00", "25.00", "19.00", "19.00", "21.00", "19.00", "18.99"):
        set_price(product, price)
        heard += told()

    assert heard == ["19.0000", "18.9900"]


def test_an_offer_that_begins_by_the_clock_alone_is_a_lower_price(ada):
    product = goods(price="20.00")
    ask(ada, product)
    soon = database_now() + timedelta(minutes=5)
    catalog.make_offers(variant_ids=[product.variants.get().pk], price_amount=Decimal("15.00"), starts_at=soon)
    assert told() == []

    clock_goes_on(minutes=6)

    assert told() == ["15.0000"]


def test_what_shoppers_do_not_see_as_less_is_not_less(ada):
    product = goods(price="20.00")
    ask(ada, product)

    set_price(product, "19.996")

    assert told() == []


def test_with_a_target_nothing_above_it_is_told(ada):
    product = goods(price="20.00")
    ask(ada, product, target_price=usd("15.00"))

    set_price(product, "15.01")
    assert told() == []
    set_price(product, "15.00")
    assert told() == ["15.0000"]


def test_a_price_that_is_up_again_when_it_is_looked_at_is_not_told(ada):
    product = goods(price="20.00")
    alert = ask(ada, product)
    set_price(product, "10.00")
    [found] = selectors.met_alerts(limit=1)

    set_price(product, "20.00")

    assert services.take_alert(alert_id=found) is None
    alert.refresh_from_db()
    assert (alert.told_count, alert.told_amount) == (0, None)


def test_an_alert_for_a_variant_hears_of_that_variant_alone(ada):
    product = goods(price="20.00")
    large = sister(product, "30.00")
    ask(ada, product, variant_public_id=large.public_id)

    ProductVariant.objects.filter(product=product).exclude(pk=large.pk).update(price_amount=5)
    assert told() == []
    ProductVariant.objects.filter(pk=large.pk).update(price_amount=29)
    assert told() == ["29.0000"]


@pytest.mark.parametrize(
    "gone",
    [
        lambda product: catalog.archive_product(product_id=product.pk),
        lambda product: ProductVariant.objects.filter(product=product).update(is_active=False),
        lambda product: ProductVariant.objects.filter(product=product).update(currency="EUR"),
    ],
    ids=["archived", "no longer sold", "in another currency"],
)
def test_what_cannot_be_bought_for_that_is_not_told(ada, gone):
    product = goods(price="20.00")
    ask(ada, product)
    set_price(product, "10.00")

    gone(product)

    assert told() == []


@pytest.mark.parametrize("stopped", ["ended", "asleep"])
def test_who_wants_no_more_or_may_not_come_in_hears_nothing(ada, stopped):
    product = goods(price="20.00")
    alert = ask(ada, product)
    set_price(product, "10.00")

    if stopped == "ended":
        services.end_alert(alert_id=alert.pk)
    else:
        ada.is_active = False
        ada.save()

    assert told() == []


def counted(item):
    inventory.adjust_on_hand(stock_item_id=item.pk, delta=1, reason=MovementReason.RECEIPT, actor_id=None)


def cancelled(item):
    orders.cancel_order(order_id=Order.objects.get().pk, actor="shop", reason="changed_mind")


def expired(item):
    past = timezone.now() - timedelta(minutes=1)
    Order.objects.update(payment_due_at=past)
    Reservation.objects.update(expires_at=past)
    assert orders.expire_due_orders() == 1


def run_out(item):
    """Nobody has come by to end it."""
    Reservation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))


@pytest.mark.parametrize("come_back", [counted, cancelled, expired, run_out])
def test_that_goods_are_back_is_told_once_however_they_came_back(ada, come_back):
    product = goods(on_hand=1)
    item = StockItem.objects.get()
    place(item)
    alert = ask(ada, product, BACK)
    assert told() == []

    come_back(item)

    assert told() == [None]
    assert told() == []
    alert.refresh_from_db()
    assert alert.status == AlertStatus.TOLD


def test_what_waits_already_stays_and_what_was_told_begins_anew_from_the_price_of_now(ada):
    product = goods(price="20.00")
    first = ask(ada, product)
    set_price(product, "18.00")
    told()

    assert ask(ada, product).told_amount == Decimal("18.00")
    services.end_alert(alert_id=first.pk)
    set_price(product, "25.00")
    again = ask(ada, product)
    set_price(product, "24.00")

    assert again.pk == first.pk
    assert told() == ["24.0000"]


def test_what_is_there_already_or_not_possible_is_refused(ada):
    product, hidden = goods(price="20.00"), goods("hidden")
    catalog.archive_product(product_id=hidden.pk)

    with pytest.raises(AlertAlreadyMet):
        ask(ada, product, BACK)
    with pytest.raises(ProductNotFound):
        ask(ada, hidden)
    for target in (usd("20.00"), usd("0"), Money(Decimal(10), "EUR")):
        with pytest.raises(TargetPriceRefused):
            ask(ada, product, target_price=target)

    assert not PriceAlert.objects.exists()


def test_so_many_alerts_wait_and_no_more(ada, monkeypatch):
    monkeypatch.setattr(alerts, "MOST_ALERTS", 1)
    first = ask(ada, goods("one"))

    with pytest.raises(TooManyAlerts):
        ask(ada, goods("two"))
    assert ask(ada, first.product) == first


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "told"},
        {"target_amount": 20},
        {"told_amount": 20},
        {"told_count": 1},
        {"kind": "back_in_stock", "target_amount": 5},
    ],
    ids=str,
)
def test_the_database_refuses_an_alert_that_cannot_be(ada, wrong):
    ask(ada, goods(price="20.00"))

    with pytest.raises(IntegrityError), transaction.atomic():
        PriceAlert.objects.update(**wrong)
