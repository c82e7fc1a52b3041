"""A lower price between two moments: told while it runs, charged while it runs, and not a moment longer."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from apps.catalog import services
from apps.catalog.exceptions import OfferInvalid, OfferIsOver, OfferNotFound, ProductInvalid
from apps.catalog.models import Offer, ProductDocument, ProductTurn, ProductVariant
from apps.catalog.tests.clock import clock_goes_on
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.common import audit
from apps.common.clock import database_now
from apps.outbox.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def zaku():
    """A kit for 20.00 in one variant; another kit costs 17.00."""
    show(draft_product("gouf", variants=(draft_variant("G-1", "17.00"),)))
    return show(draft_product("zaku", variants=(draft_variant("Z-1", "20.00"),)))[0]


def offer(price="15.00", begins=None, ends=None, sku="Z-1"):
    """For minutes from now on; by itself it begins now and has no end."""
    now = database_now()
    (made,) = services.make_offers(
        variant_ids=[ProductVariant.objects.get(sku=sku).pk],
        price_amount=Decimal(price),
        starts_at=None if begins is None else now + timedelta(minutes=begins),
        ends_at=None if ends is None else now + timedelta(minutes=ends),
    )
    return made


def get(path):
    response = APIClient().get(f"/api/v1/{path}")
    assert response.status_code == 200, response.content
    return response.json()


def slugs(query):
    return [card["slug"] for card in get(f"products/?{query}")["results"]]


def usd(amount):
    return {"amount": amount, "currency": "USD"}


def shown(answer):
    return answer["price"], answer["compare_at_price"], answer["offer_ends_at"]


def price_events():
    told = OutboxMessage.objects.filter(event_type="catalog.PriceChanged").order_by("pk")
    return [(message.payload["lowest_was"], message.payload["lowest_now"]) for message in told]


def test_while_it_runs_its_price_stands_before_the_regular_one_with_its_end(zaku):
    made = offer("15.00", ends=60)
    ends_at = made.ends_at.isoformat().replace("+00:00", "Z")
    page, listed = get("products/zaku/"), get("products/")["results"][0]

    assert [shown(answer) for answer in (page, page["variants"][0], listed)] == [
        (usd("15.00"), usd("20.00"), ends_at)
    ] * 3
    assert list(audit.run()) == []


def test_before_and_after_it_the_regular_price_holds_whoever_looks_first(zaku):
    """Nobody but the readers themselves: no beat, no worker."""
    offer("15.00", begins=30, ends=90)
    regular = (usd("20.00"), None, None)
    assert shown(get("products/zaku/")) == regular

    clock_goes_on(minutes=45)
    assert get("products/")["results"][0]["price"] == usd("15.00")
    assert shown(get("products/zaku/"))[:2] == (usd("15.00"), usd("20.00"))

    clock_goes_on(minutes=50)
    assert shown(get("products/zaku/")) == regular
    assert not ProductTurn.objects.exists()
    assert price_events() == [("20.00", "15.00"), ("15.00", "20.00")]


def test_lists_narrow_and_order_by_it(zaku):
    assert (slugs("ordering=price"), slugs("price__lt=16")) == (["gouf", "zaku"], [])

    offer("15.00", begins=30)
    clock_goes_on(minutes=31)

    assert slugs("ordering=price") == ["zaku", "gouf"]
    assert slugs("price__lt=16") == slugs("on_offer=true") == ["zaku"]
    assert get("products/?facets=on_offer,price")["facets"] == {
        "on_offer": [{"value": "false", "count": 1}, {"value": "true", "count": 1}],
        "price": {"lowest": "15.00", "highest": "17.00"},
    }


def test_no_answer_is_kept_beyond_its_end(zaku):
    ends_ms = offer("15.00", ends=1).ends_at.timestamp() * 1000

    for path in ("products/", "products/zaku/", "home/"):
        until_ms = int(APIClient().get(f"/api/v1/{path}")["ETag"].split("-")[1])
        assert ends_ms - 1 <= until_ms <= ends_ms


def test_beat_turns_what_is_due_and_nothing_twice(zaku):
    offer("15.00", begins=30, ends=90)
    assert services.turn_products() == 0

    clock_goes_on(minutes=45)

    assert [services.turn_products(), services.turn_products()] == [1, 0]
    assert ProductDocument.objects.get(slug="zaku").price_from == Decimal("15.00")
    assert price_events() == [("20.00", "15.00")]


def test_two_at_the_same_moment_are_refused_and_one_after_the_other_are_not(zaku):
    first = offer("15.00", begins=10, ends=20)
    offer("14.00", begins=20, ends=30)  # begins as the first ends

    for begins, ends in ((15, 16), (5, 11), (29, None)):
        with pytest.raises(OfferInvalid) as refusal:
            offer("13.00", begins=begins, ends=ends)
        assert refusal.value.errors == {"starts_at": ["Another offer of Z-1 runs at that time."]}
    with pytest.raises(OfferInvalid):
        services.change_offer(
            offer_id=first.pk,
            price_amount=Decimal("15.00"),
            starts_at=first.starts_at,
            ends_at=first.ends_at + timedelta(seconds=1),
        )

    assert Offer.objects.count() == 2
    first.refresh_from_db()
    assert first.ends_at - first.starts_at == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("price", "begins", "ends", "field"),
    [
        ("20.00", None, None, "price_amount"),
        ("-1", None, None, "price_amount"),
        ("9", 5, 5, "ends_at"),
        ("9", -9, -5, "ends_at"),
    ],
)
def test_what_is_no_offer_is_refused_beside_its_field(zaku, price, begins, ends, field):
    with pytest.raises(OfferInvalid) as refusal:
        offer(price, begins=begins, ends=ends)

    assert list(refusal.value.errors) == [field]
    assert not Offer.objects.exists()


def test_the_regular_price_stays_above_an_offer_that_is_not_over(zaku):
    made = offer("15.00", begins=30)
    with pytest.raises(ProductInvalid) as refusal:
        services.update_product(product_id=zaku.pk, variants=(draft_variant("Z-1", "15.00"),))

    assert refusal.value.errors == {"variants": ["Z-1 has an offer that is not over; its price must stay above that."]}
    assert ProductVariant.objects.get(sku="Z-1").price_amount == 20

    services.end_offer(offer_id=made.pk)
    services.update_product(product_id=zaku.pk, variants=(draft_variant("Z-1", "15.00"),))
    assert get("products/zaku/")["price"] == usd("15.00")


def test_the_database_refuses_what_a_careless_writer_would_store(zaku):
    """The twin without our services: constraints and triggers stand for themselves."""
    made = offer("15.00")
    variant, now = ProductVariant.objects.get(sku="Z-1"), database_now()

    tomorrow, long_ago = now + timedelta(days=1), now - timedelta(days=2)
    for price, starts_at, ends_at in ((14, now, tomorrow), (20, long_ago, long_ago + timedelta(days=1))):
        with pytest.raises(IntegrityError), transaction.atomic():
            Offer.objects.create(variant=variant, price_amount=price, starts_at=starts_at, ends_at=ends_at)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductVariant.objects.filter(pk=variant.pk).update(price_amount=15)

    assert list(Offer.objects.all()) == [made]


@pytest.mark.parametrize("field", ["price_amount", "starts_at"])
def test_what_a_running_offer_said_is_never_another(zaku, field):
    made = offer("15.00")
    told = {"price_amount": made.price_amount, "starts_at": made.starts_at, "ends_at": None}

    with pytest.raises(OfferInvalid) as refusal:
        services.change_offer(
            offer_id=made.pk,
            **told | {"price_amount": {"price_amount": Decimal(14)}, "starts_at": {"starts_at": database_now()}}[field],
        )

    assert refusal.value.errors == {field: ["The offer runs already. End it, and make another one."]}


def test_a_running_offer_is_ended_now_and_stays_in_the_books(zaku):
    made = offer("15.00")
    services.end_offer(offer_id=made.pk)

    assert get("products/zaku/")["price"] == usd("20.00")
    with pytest.raises(OfferIsOver):
        services.end_offer(offer_id=made.pk)
    assert Offer.objects.get().ends_at is not None


def test_an_offer_that_is_to_come_is_taken_back_for_good(zaku):
    services.end_offer(offer_id=offer("15.00", begins=30).pk)

    assert not Offer.objects.exists()
    assert not ProductTurn.objects.exists()
    with pytest.raises(OfferNotFound):
        services.end_offer(offer_id=0)


def test_the_cheapest_variant_of_now_stands_for_the_product():
    large, small = (
        draft_variant("L", "30.00", options={"Size": "L"}),
        draft_variant("S", "25.00", options={"Size": "S"}),
    )
    show(draft_product("shirt", variants=(large, small)))

    offer("20.00", sku="L", ends=60)

    card = get("products/")["results"][0]
    assert (card["price"], card["price_to"], card["compare_at_price"]) == (usd("20.00"), usd("25.00"), usd("30.00"))
    assert [variant["price"] for variant in get("products/shirt/")["variants"]] == [usd("20.00"), usd("25.00")]
