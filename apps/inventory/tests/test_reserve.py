from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.common import audit, sql
from apps.common.clock import database_now
from apps.inventory import selectors, services
from apps.inventory.exceptions import OutOfStock, StockChangeRefused
from apps.inventory.models import Reservation, StockItem
from apps.inventory.services import Wanted
from apps.inventory.tests.factories import StockItemFactory, StockLocationFactory
from tests.racing import race, refusals


def hold(item, quantity, *, line=None, minutes=15):
    line = line or uuid4()
    end = database_now() + timedelta(minutes=minutes)
    services.reserve(wanted=[Wanted(line, item.variant_id, quantity)], expires_at=end)
    return line


def counters(item):
    item.refresh_from_db()
    return item.on_hand, item.reserved, item.committed


@pytest.mark.django_db
def test_holds_units_and_leaves_the_shelf_as_it_is():
    item = StockItemFactory(on_hand=10)

    hold(item, 3)

    assert counters(item) == (10, 3, 0)


@pytest.mark.django_db(transaction=True)
def test_refuses_more_than_is_free_and_says_of_what():
    item = StockItemFactory(on_hand=2)
    hold(item, 1)

    with pytest.raises(OutOfStock) as refusal:
        hold(item, 2)

    assert refusal.value.extra["shortages"] == [{"sku": item.variant.sku, "requested": 2, "available": 1}]
    assert counters(item) == (2, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_holds_all_lines_or_none():
    plenty, scarce = StockItemFactory(on_hand=5), StockItemFactory(on_hand=1)

    with pytest.raises(OutOfStock):
        services.reserve(
            wanted=[Wanted(uuid4(), plenty.variant_id, 1), Wanted(uuid4(), scarce.variant_id, 2)], expires_at=None
        )

    assert counters(plenty) == (5, 0, 0)
    assert not Reservation.objects.exists()


@pytest.mark.django_db
def test_takes_from_the_location_that_has_enough():
    first = StockItemFactory(on_hand=1)
    second = StockItemFactory(
        variant=first.variant, on_hand=4, location=StockLocationFactory(store=first.location.store, code="annexe")
    )

    hold(first, 3)

    assert (counters(first), counters(second)) == ((1, 0, 0), (4, 3, 0))


@pytest.mark.django_db
@pytest.mark.parametrize("lines", [1, 12])
def test_many_lines_cost_as_many_statements_as_one(lines, django_assert_num_queries):
    wanted = [Wanted(uuid4(), StockItemFactory().variant_id, 1) for _ in range(lines)]

    with django_assert_num_queries(1):
        services.reserve(wanted=wanted, expires_at=None)


@pytest.mark.django_db
def test_a_hold_whose_window_is_over_counts_as_free_on_read():
    item = StockItemFactory(on_hand=3)
    hold(item, 2, minutes=-1)

    assert free_units(item.variant_id) == 3


@pytest.mark.django_db
def test_a_variant_without_stock_item_has_no_units():
    assert free_units(12345) == 0


def free_units(variant_id):
    asked = f"SELECT {selectors.free_units('wanted.id')} FROM (SELECT %s::bigint) wanted (id)"  # noqa: S608
    (units,) = sql.fetch_one(asked, variant_id)
    return units


@pytest.mark.django_db
def test_commits_what_was_held_and_twice_is_once():
    item = StockItemFactory(on_hand=3)
    line = hold(item, 2)
    wanted = [Wanted(line, item.variant_id, 2)]

    services.commit(wanted=wanted)
    services.commit(wanted=wanted)

    assert counters(item) == (3, 0, 2)


@pytest.mark.django_db
def test_commits_units_anew_for_a_line_that_lost_its_hold():
    item = StockItemFactory(on_hand=2)
    line = hold(item, 2)
    services.release(line_ids=[line])

    services.commit(wanted=[Wanted(line, item.variant_id, 2)])

    assert counters(item) == (2, 0, 2)


@pytest.mark.django_db
def test_refuses_to_commit_when_the_lost_units_are_gone_and_changes_nothing():
    item = StockItemFactory(on_hand=2)
    line = hold(item, 2)
    services.release(line_ids=[line])
    hold(item, 1)

    with pytest.raises(OutOfStock):
        services.commit(wanted=[Wanted(line, item.variant_id, 2)])

    assert counters(item) == (2, 1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("is_paid", [False, True])
def test_releasing_twice_changes_nothing(is_paid):
    item = StockItemFactory(on_hand=3)
    line = hold(item, 2)
    if is_paid:
        services.commit(wanted=[Wanted(line, item.variant_id, 2)])

    services.release(line_ids=[line])
    services.release(line_ids=[line])

    assert counters(item) == (3, 0, 0)


@pytest.mark.django_db
def test_shipping_takes_units_off_the_shelf_by_a_movement():
    item = StockItemFactory(on_hand=3)
    line = hold(item, 2)
    services.commit(wanted=[Wanted(line, item.variant_id, 2)])

    services.ship(units={line: 1}, actor_id=None)
    assert counters(item) == (2, 0, 1)
    services.ship(units={line: 1}, actor_id=None)

    assert counters(item) == (1, 0, 0)
    movements = list(item.movements.order_by("pk").values_list("delta", "reason"))
    assert movements == [(3, "receipt"), (-1, "shipment"), (-1, "shipment")]


@pytest.mark.django_db
def test_units_that_are_given_up_are_free_at_once():
    item = StockItemFactory(on_hand=3)
    line = hold(item, 3)
    services.commit(wanted=[Wanted(line, item.variant_id, 3)])

    services.give_up(units={line: 2})

    assert counters(item) == (3, 0, 1)
    hold(item, 2)


@pytest.mark.django_db
def test_units_of_several_parcels_come_back_to_their_shelf():
    item = StockItemFactory(on_hand=3)
    line = hold(item, 3)
    services.commit(wanted=[Wanted(line, item.variant_id, 3)])
    services.ship(units={line: 1}, actor_id=None)
    services.ship(units={line: 2}, actor_id=None)

    services.take_back(units={line: 3}, actor_id=None)

    assert counters(item) == (3, 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("change", [services.give_up, partial(services.ship, actor_id=None)], ids=["give_up", "ship"])
def test_no_more_is_sent_or_given_up_than_is_committed(change):
    item = StockItemFactory(on_hand=3)
    held, sold = hold(item, 1), hold(item, 2)
    services.commit(wanted=[Wanted(sold, item.variant_id, 2)])

    for units in ({held: 1}, {sold: 3}, {sold: 1, uuid4(): 1}):
        with pytest.raises(StockChangeRefused), transaction.atomic():
            change(units=units)

    assert counters(item) == (3, 1, 2)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_the_last_units_are_sold_once_and_all_of_them():
    item = StockItemFactory(on_hand=5)

    results = race(*[lambda: hold(item, 1)] * 16)

    assert refusals(results, OutOfStock) == 11
    assert counters(item) == (5, 5, 0)
    assert list(audit.run()) == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_buyers_of_the_same_things_in_opposite_order_never_deadlock():
    a, b = StockItemFactory(on_hand=40), StockItemFactory(on_hand=40)
    there = [(a, 1), (b, 1)]

    def buy(items):
        services.reserve(wanted=[Wanted(uuid4(), item.variant_id, n) for item, n in items], expires_at=None)

    results = race(*[lambda: buy(there), lambda: buy(there[::-1])] * 8)

    assert refusals(results, OutOfStock) == 0
    assert (counters(a), counters(b)) == ((40, 16, 0), (40, 16, 0))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_guard_the_same_race_oversells():
    """The twin of the race above: read, think, write, without lock or CHECK; it proves that the race can be lost."""
    item = StockItemFactory(on_hand=5)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inventory_stockitem DROP CONSTRAINT stock_never_oversold")

    def careless():
        seen = StockItem.objects.get(pk=item.pk)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")
        if seen.free >= 1:
            StockItem.objects.filter(pk=item.pk).update(reserved=seen.reserved + 1)
            return 1
        return 0

    try:
        sold = sum(race(*[careless] * 16))
    finally:
        StockItem.objects.update(reserved=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE inventory_stockitem ADD CONSTRAINT stock_never_oversold"
                " CHECK (on_hand >= reserved + committed)"
            )

    assert sold > 5
