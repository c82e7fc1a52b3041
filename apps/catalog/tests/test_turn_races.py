"""Offers that turn while people read, buy and edit: nobody is told or charged what is over, or half of a change."""

from datetime import timedelta
from decimal import Decimal
from threading import Event

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from apps.cart.tests.visitor import Visitor
from apps.catalog import selectors, services
from apps.catalog.exceptions import OfferInvalid, ProductInvalid
from apps.catalog.models import Offer, Product, ProductTurn, ProductVariant
from apps.catalog.services import turns
from apps.catalog.tests.clock import clock_goes_on
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.common.clock import database_now
from apps.inventory.tests.factories import StockItemFactory
from apps.outbox.models import OutboxMessage
from tests.racing import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def zaku():
    """A kit for 20.00."""
    (product,) = show(draft_product("zaku", variants=(draft_variant("Z-1", "20.00"),)))
    StockItemFactory(variant=product.variants.get(), on_hand=100)
    return product


def offer(price="15.00", starts=None, ends=None):
    """In milliseconds from now."""
    now, variant = database_now(), ProductVariant.objects.get()
    starts_at, ends_at = (None if ms is None else now + timedelta(milliseconds=ms) for ms in (starts, ends))
    return services.make_offers(
        variant_ids=[variant.pk], price_amount=Decimal(price), starts_at=starts_at, ends_at=ends_at
    )[0]


def test_readers_and_buyers_around_its_start_and_end_are_told_and_charged_by_the_clock(zaku):
    made = offer(starts=100, ends=500)
    shopper = Visitor()
    shopper.add(ProductVariant.objects.get().stock_items.get())

    def page():
        answer = APIClient().get("/api/v1/products/zaku/").json()
        assert answer["price"] == answer["variants"][0]["price"]
        assert (answer["compare_at_price"] is None) == (answer["price"]["amount"] == "20.00")
        return answer["price"]["amount"]

    def listed():
        return APIClient().get("/api/v1/products/?ordering=price").json()["results"][0]["price"]["amount"]

    def narrowed():
        return "15.00" if APIClient().get("/api/v1/products/?price__lt=16").json()["count"] else "20.00"

    def cart():
        return shopper.cart()["items"][0]["unit_price"]["amount"]

    def keep_asking(ask):
        seen = []
        while not seen or seen[-1][0] < made.ends_at:
            seen.append((database_now(), ask(), database_now()))
        return seen

    readers = race(*(lambda ask=ask: keep_asking(ask) for ask in (page, listed, narrowed, cart)))

    def is_right(before, price, after):
        may_run = made.starts_at <= after and before < made.ends_at
        must_run = made.starts_at <= before and after < made.ends_at
        return price == "15.00" if must_run else price == "20.00" or may_run

    assert [one for seen in readers for one in seen if not is_right(*one)] == []
    assert [seen[-1][1] for seen in readers] == ["20.00"] * 4


def test_a_turn_that_many_see_at_once_is_written_once(zaku):
    offer(starts=60_000)
    clock_goes_on(minutes=2)

    race(*[services.catch_up] * 3, *[services.turn_products] * 3)

    assert OutboxMessage.objects.filter(event_type="catalog.PriceChanged").count() == 1
    assert selectors.get_detail("zaku")["price"]["amount"] == "15.00"


def test_a_price_that_staff_set_while_the_offer_turns_is_the_regular_one(zaku):
    offer(starts=60_000)
    clock_goes_on(minutes=2)

    def reprice():
        services.update_product(product_id=zaku.pk, variants=(draft_variant("Z-1", "22.00"),))

    race(reprice, services.catch_up, services.turn_products)

    shown = selectors.get_detail("zaku")
    assert (shown["price"]["amount"], shown["compare_at_price"]) == ("15.00", {"amount": "22.00", "currency": "USD"})


@pytest.mark.parametrize("price", ["15.00", "12.00"])
def test_of_an_offer_and_a_regular_price_not_above_it_at_the_same_moment_one_is_refused(zaku, price):
    def reprice():
        services.update_product(product_id=zaku.pk, variants=(draft_variant("Z-1", price),))

    results = race(lambda: offer("15.00"), reprice)

    assert [type(one) for one in results if isinstance(one, Exception)] in ([OfferInvalid], [ProductInvalid])


def test_raw_writers_of_an_offer_and_of_a_price_cannot_both_have_their_way(zaku):
    """Without the services' locks: the triggers hold the variant still while they compare."""
    variant, now = ProductVariant.objects.get(), database_now()

    def reprice():
        with transaction.atomic():
            ProductVariant.objects.filter(pk=variant.pk).update(price_amount=14)

    results = race(lambda: Offer.objects.create(variant=variant, price_amount=15, starts_at=now), reprice)
    services.rebuild_documents(product_ids=[zaku.pk])  # raw writers forget it

    assert sum(isinstance(one, Exception) for one in results) == 1


def test_a_reader_does_not_wait_for_a_writer_who_takes_long_and_his_answer_is_not_kept(zaku, monkeypatch):
    monkeypatch.setattr(turns, "READERS_PATIENCE_MS", 20)
    monkeypatch.setattr(turns, "_patient_again_at", 0)
    offer(starts=60_000)
    clock_goes_on(minutes=2)
    has_locked, has_read = Event(), Event()

    def import_products():
        with transaction.atomic():
            Product.objects.select_for_update().get()
            has_locked.set()
            has_read.wait(timeout=20)

    def read():
        has_locked.wait(timeout=20)
        answer = APIClient().get("/api/v1/products/zaku/")
        has_read.set()
        return answer

    _, behind = race(import_products, read)

    assert (behind.json()["price"]["amount"], behind.has_header("ETag")) == ("20.00", False)
    assert services.turn_products() == 1
    assert APIClient().get("/api/v1/products/zaku/").json()["price"]["amount"] == "15.00"
    assert not ProductTurn.objects.exists()
