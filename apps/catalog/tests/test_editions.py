"""Answers that are kept hold for an edition; every visible change makes a new one, whoever makes it."""

import gzip
import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.catalog import selectors, services
from apps.catalog.api import editions
from apps.catalog.models import Category, ProductVariant
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.common.clock import database_now
from apps.fx_rates import services as fx_services
from apps.inventory import services as inventory_services
from apps.inventory.models import MovementReason, StockItem
from apps.inventory.services import Wanted
from apps.inventory.tests.factories import StockItemFactory

pytestmark = pytest.mark.django_db
READS = ["products/", "products/zaku/", "products/?is_in_stock=true&attribute.grade=HG&ordering=price"]


@pytest.fixture
def zaku():
    (product,) = show(
        draft_product(
            "zaku",
            attributes={"grade": "HG"},
            categories=frozenset({("Kits",)}),
            variants=(draft_variant("Z-1", "15.00", compare_at_amount=Decimal("18.00")),),
        )
    )
    StockItemFactory(variant=ProductVariant.objects.get(), on_hand=3)
    return product


def get(path, status=200, **headers):
    response = APIClient().get(f"/api/v1/{path}", headers=headers)
    assert response.status_code == status, response.content
    return response


def tables_of(query):
    return re.findall(r"\b(?:FROM|JOIN) \"?((?!statement_)[a-z]+_\w+)", query["sql"])


def hold(quantity, minutes):
    wanted = [Wanted(uuid4(), ProductVariant.objects.get().pk, quantity)]
    inventory_services.reserve(wanted=wanted, expires_at=database_now() + timedelta(minutes=minutes))
    return wanted[0].line_id


def ves_costs(rate):
    fx_services.set_manual_rate(
        currency="VES",
        rate=Decimal(rate),
        expires_at=database_now() + timedelta(days=1),
        reason="Test",
        actor="staff:1",
    )


@pytest.mark.parametrize("path", READS)
def test_what_was_answered_is_answered_again_from_the_edition_alone(zaku, path):
    first = get(path)
    with CaptureQueriesContext(connection) as captured:
        again = get(path)
        nothing_new = get(path, 304, **{"if-none-match": first["ETag"]})

    assert again.content == first.content
    assert {**again.headers, "X-Request-Id": ""} == {**first.headers, "X-Request-Id": ""}
    assert again["X-Request-Id"] != first["X-Request-Id"]
    assert (nothing_new.content, nothing_new["ETag"]) == (b"", first["ETag"])
    assert [tables_of(query) for query in captured] == [["catalog_edition"]] * 2


def test_a_process_that_never_gave_the_answer_knows_that_it_holds(zaku, django_assert_num_queries):
    etag = get("products/zaku/")["ETag"]
    editions.answers.clear()

    with django_assert_num_queries(1):
        assert (
            get("products/zaku/", 304, **{"if-none-match": f'"other", {etag}'})["Cache-Control"] == "public, no-cache"
        )
    assert get("products/zaku/").json()["slug"] == "zaku"


def reprice(product):
    services.update_product(product_id=product.pk, variants=(draft_variant("Z-1", "16.00"),))


def sell_out(product):
    hold(3, minutes=15)


def restock_by_hand(product):
    StockItem.objects.update(on_hand=50)


def rename_category(product):
    services.rename_category(category_id=Category.objects.get().pk, name="Model kits", slug="kits")


def change_the_rate(product):
    ves_costs("150")


def withdraw_by_sql(product):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_productvariant SET is_active = false")


CHANGES = [reprice, sell_out, restock_by_hand, rename_category, change_the_rate, withdraw_by_sql]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_in_the_very_next_read(zaku, change):
    ves_costs("100")
    path = "products/zaku/"
    before = get(path)

    change(zaku)
    after = get(path, **{"if-none-match": before["ETag"]})

    assert after["ETag"] != before["ETag"]
    assert after.json() != before.json()


def test_a_hold_changes_the_page_and_leaves_lists_as_they_are(zaku):
    before = selectors.edition_now()
    line = hold(1, minutes=15)
    held = selectors.edition_now()
    inventory_services.commit(wanted=[Wanted(line, ProductVariant.objects.get().pk, 1)])
    sold = selectors.edition_now()

    assert (before.shelves, before.figures < held.figures) == (held.shelves, True)
    assert sold[:2] == held[:2]  # the unit was gone already; that it is paid is nobody's business

    hold(2, minutes=15)
    assert selectors.edition_now().shelves > sold.shelves


def test_what_nobody_sees_makes_no_edition(zaku):
    before = selectors.edition_now()

    StockItem.objects.update(low_stock_threshold=7)
    inventory_services.adjust_on_hand(
        stock_item_id=StockItem.objects.get().pk, delta=1, reason=MovementReason.RECEIPT, actor_id=None
    )
    after = selectors.edition_now()

    assert (after.shelves, after.figures > before.figures) == (before.shelves, True)


def test_a_change_that_is_rolled_back_makes_no_edition(zaku):
    before = selectors.edition_now()

    with transaction.atomic():
        services.update_product(product_id=zaku.pk, is_featured=True)
        transaction.set_rollback(True)

    assert selectors.edition_now()[:2] == before[:2]


def test_nothing_is_kept_beyond_the_end_of_a_hold(zaku):
    """Units come back by the clock alone, so what was computed before that may not be told after it."""
    hold(3, minutes=1)
    ends_ms = StockItem.objects.get().reservations.get().expires_at.timestamp() * 1000

    for path in READS:
        until_ms = int(get(path)["ETag"].split("-")[1])
        assert ends_ms - 1 <= until_ms <= ends_ms


def test_the_end_of_a_hold_that_sold_out_nothing_matters_to_the_page_alone(zaku):
    hold(1, minutes=1)
    ends_ms = StockItem.objects.get().reservations.get().expires_at.timestamp() * 1000

    assert int(get("products/zaku/")["ETag"].split("-")[1]) <= ends_ms
    assert int(get("products/")["ETag"].split("-")[1]) > ends_ms


def test_an_answer_whose_time_is_over_is_computed_anew(zaku):
    etag = get("products/")["ETag"]
    number, _, shape = etag.split("-")
    over = f"{number}-{selectors.edition_now().at_ms - 1}-{shape}"

    assert get("products/", 304, **{"if-none-match": etag}).content == b""
    editions.answers.clear()
    assert get("products/", **{"if-none-match": over}).json()["count"] == 1


def test_a_hold_that_is_over_and_then_bought_after_all_makes_an_edition(zaku):
    line = hold(3, minutes=-1)
    assert get("products/").json()["results"][0]["is_in_stock"] is True

    inventory_services.commit(wanted=[Wanted(line, ProductVariant.objects.get().pk, 3)])

    assert get("products/").json()["results"][0]["is_in_stock"] is False


def test_whatever_a_public_read_looks_at_is_watched(zaku):
    """A new table that answers are made from has to make editions, or this test fails; see docs/adr/0012."""
    ves_costs("100")
    hold(3, minutes=1)
    with CaptureQueriesContext(connection) as captured:
        for path in (*READS, "products/zaku/price-history/"):
            get(path)
    read = {table for query in captured for table in tables_of(query)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE p.prosrc LIKE '%%catalog_new_edition%%'"
        )
        watched = {row[0] for row in cursor.fetchall()}

    kept_with_documents = {"catalog_documentcount", "catalog_edition"}
    told_by_the_board = {"fx_rates_exchangeratesnapshot"}
    written_by_triggers = {"catalog_productvariantevent"}  # of a table that is watched, in the same statement
    assert read - kept_with_documents - told_by_the_board - written_by_triggers <= watched
    assert "catalog_productdocument" in read


def test_answers_are_kept_apart_by_who_may_read_them_and_how(zaku):
    show(*(draft_product(f"p-{number}") for number in range(3)))  # what is short is not packed
    shop = get("products/", origin="http://localhost:3000")
    stranger = get("products/", origin="http://elsewhere.test")
    packed = get("products/", **{"accept-encoding": "br, gzip"})

    assert shop["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert "Access-Control-Allow-Origin" not in stranger
    assert get("products/", origin="http://localhost:3000").headers["Access-Control-Allow-Origin"]
    assert (packed["Content-Encoding"], "Content-Encoding" in shop) == ("gzip", False)
    assert gzip.decompress(packed.content) == get("products/").content == shop.content
    assert get("products/", **{"accept-encoding": "gzip"}).content == packed.content
    assert packed["Vary"].lower() == "origin, accept-encoding"


def test_a_kept_answer_counts_against_the_limit(zaku, settings):
    settings.API_LIMITS = {"catalogue": 2}
    first, second = get("products/"), get("products/")
    third = get("products/", 429)

    assert [int(answer["X-RateLimit-Remaining"]) for answer in (first, second)] == [1, 0]
    assert third.json()["code"] == "too-many-requests"


def test_no_more_is_kept_than_the_settings_say(zaku, settings):
    settings.CATALOGUE_KEPT_MEGABYTES = 1
    for number in range(700):
        good_for = editions.GoodFor("s", number, 0)
        editions.answers.put((number,), editions.Kept(good_for, {}, b"x"))

    assert editions.answers.get((0,)) is None
    assert editions.answers.get((699,)) is not None
