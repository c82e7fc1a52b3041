import sys
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import management
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

import manage
from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import client_with, sign_in
from apps.catalog import selectors, services
from apps.catalog.api import editions
from apps.catalog.models import Product, ProductVariant
from apps.catalog.selectors import FieldChange
from apps.catalog.tests.factories import draft_product, draft_variant, show
from apps.common.history import acting
from apps.common.money import Money
from apps.common.tests.staff import boss_client, press, staff_client
from apps.stores.tests.factories import StoreFactory, StoreMemberFactory
from config.celery import NamedTask, app

pytestmark = pytest.mark.django_db


def history_of(product):
    return selectors.History(product)[:50]


def told(product):
    return [(entry.of, entry.action, entry.changes) for entry in history_of(product)]


@pytest.fixture
def zaku():
    return show(draft_product())[0]


def reprice(product, price, **values):
    return services.update_product(product_id=product.pk, variants=(draft_variant(price=price, **values),))


def test_tells_what_was_and_what_is_of_each_field_that_changed(zaku):
    services.update_product(
        product_id=zaku.pk, name="Zaku II", attributes={"grade": "HG"}, variants=(draft_variant(price="21.50"),)
    )

    entries = told(zaku)

    assert entries[0] == ("variant", "changed", [FieldChange("price_amount", "19.00", "21.50")])
    assert entries[1] == (
        "product",
        "changed",
        [FieldChange("name", "Zaku", "Zaku II"), FieldChange("attributes.grade", None, "HG")],
    )
    assert [(of, action) for of, action, _ in entries[2:]] == [("variant", "made"), ("product", "made")]
    assert FieldChange("product_type", None, "model-kit") in entries[3][2]


def test_what_is_saved_as_it_was_is_no_change(zaku):
    before = told(zaku)

    services.update_product(product_id=zaku.pk, name=zaku.name)
    Product.objects.filter(pk=zaku.pk).update(updated_at=timezone.now())

    assert told(zaku) == before


def test_names_who_acted_and_through_what(zaku):
    client, address = boss_client(), f"/admin/catalog/product/{zaku.pk}/do/archive/"
    press(client, address)
    with acting(lambda: {"through": "command import_products"}), acting(lambda: {"through": "task images"}):
        reprice(zaku, "20.00")

    entries = [(entry.actor, entry.through) for entry in history_of(zaku)]

    assert entries == [(None, "task images"), (client.user, "admin"), (None, ""), (None, "")]


def test_a_statement_outside_of_a_transaction_is_told_of_as_well(zaku, transactional_db):
    with acting(lambda: {"through": "shell"}):
        ProductVariant.objects.filter(product=zaku).update(price_amount=5)

    assert [entry.through for entry in history_of(zaku)][:1] == ["shell"]


def test_nothing_in_it_can_be_changed(zaku):
    with acting(lambda: {"through": "shell"}):
        reprice(zaku, "20.00")
    for statement in (
        "UPDATE catalog_productevent SET name = 'x'",
        "DELETE FROM catalog_productvariantevent",
        "UPDATE pghistory_context SET metadata = '{}'",
        "DELETE FROM pghistory_context",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_what_a_variant_cost_at_a_moment(zaku):
    variant = ProductVariant.objects.get()
    made = timezone.now()
    reprice(zaku, "25.00")
    raised = timezone.now()
    reprice(zaku, "18.00")

    assert selectors.price_at(variant, made) == Money(Decimal("19.0000"), "USD")
    assert selectors.price_at(variant, raised) == Money(Decimal("25.0000"), "USD")
    assert selectors.price_at(variant, timezone.now()) == Money(Decimal("18.0000"), "USD")
    assert selectors.price_at(variant, made - timedelta(days=1)) is None


def test_a_batch_of_products_is_told_of_under_one_name():
    with acting(lambda: {"through": "command seed_demo"}):
        products = show(*(draft_product(f"p-{number}") for number in range(20)))

    assert {entry.through for product in products for entry in history_of(product)} == {"command seed_demo"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pghistory_context")
        assert cursor.fetchone() == (1,)


class Reprice(NamedTask):
    name = "catalog.reprice"

    def run(self, product):
        reprice(product, "20.00")


def test_commands_and_tasks_act_under_their_names(zaku, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["manage.py", "import_products", "kits.csv"])
    monkeypatch.setattr(management, "execute_from_command_line", lambda _: reprice(zaku, "30.00"))

    manage.main()
    Reprice.bind(app)
    Reprice()(zaku)

    assert [entry.through for entry in history_of(zaku)][:2] == ["task catalog.reprice", "command import_products"]


def over_http(client, product, status=200):
    answer = client.get(f"/api/v1/products/{product.public_id}/history/?page_size=1")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_staff_read_it_page_by_page(zaku):
    boss = UserFactory(is_staff=True, is_superuser=True, first_name="Ana", last_name="Paz")
    with acting(lambda: {"user": boss.pk, "through": "admin"}):
        reprice(zaku, "20.00", compare_at_amount=Decimal("25.00"))

    page = over_http(client_with(sign_in(boss).access), zaku)

    (entry,) = page["results"]
    assert (page["count"], page["next"] is not None) == (3, True)
    assert entry.pop("at")
    assert entry == {
        "of": "variant",
        "name": "ZAKU-1",
        "action": "changed",
        "actor": {"id": str(boss.public_id), "name": "Ana Paz"},
        "through": "admin",
        "changes": [
            {"field": "price_amount", "from": "19.00", "to": "20.00"},
            {"field": "compare_at_amount", "from": None, "to": "25.00"},
        ],
    }


def test_who_works_in_the_store_reads_it_and_who_works_in_another_does_not(zaku):
    clerk, rival = (StoreMemberFactory(store=store) for store in (zaku.store, StoreFactory(slug="rival")))

    assert over_http(client_with(sign_in(clerk.user).access), zaku)["count"] == 2
    assert over_http(client_with(sign_in(rival.user).access), zaku, 404)["code"] == "product-not-found"


def prices(name, status=200):
    answer = APIClient().get(f"/api/v1/products/{name}/price-history/")
    assert answer.status_code == status
    return answer


def test_everybody_reads_what_it_cost_and_when(zaku, django_assert_num_queries):
    reprice(zaku, "19.00", weight_grams=5)  # no change of the price
    reprice(zaku, "15.00", compare_at_amount=Decimal("19.00"))
    prices("zaku")

    with django_assert_num_queries(1):
        editions.answers.clear()
        answer = prices(zaku.public_id)

    (variant,) = answer.json()["variants"]
    points = [(point["price"]["amount"], point["compare_at_price"]) for point in variant["points"]]
    assert points == [("19.00", None), ("15.00", {"amount": "19.00", "currency": "USD"})]
    assert (variant["sku"], answer["ETag"][:3]) == ("ZAKU-1", 'W/"')


def test_prices_from_before_its_first_day_in_the_shop_are_not_told(zaku):
    reprice(zaku, "15.00")
    reprice(zaku, "12.00")
    opened = timezone.now()
    Product.objects.filter(pk=zaku.pk).update(published_at=opened)
    reprice(zaku, "11.00")

    points = prices("zaku").json()["variants"][0]["points"]

    assert [point["price"]["amount"] for point in points] == ["12.00", "11.00"]
    assert points[0]["at"] == opened.isoformat().replace("+00:00", "Z")


def test_an_offer_is_told_as_the_price_that_shoppers_were_asked_for(zaku):
    variant = ProductVariant.objects.get()
    services.make_offers(variant_ids=[variant.pk], price_amount=Decimal("15.00"))
    assert prices_of("zaku") == [("19.00", None), ("15.00", "19.00")]

    services.end_offer(offer_id=variant.offers.get().pk)
    services.make_offers(
        variant_ids=[variant.pk], price_amount=Decimal("9.00"), starts_at=timezone.now() + timedelta(days=1)
    )
    assert prices_of("zaku") == [("19.00", None), ("15.00", "19.00"), ("19.00", None)]


def test_what_it_cost_while_an_offer_ran_is_known(zaku):
    variant = ProductVariant.objects.get()
    (made,) = services.make_offers(variant_ids=[variant.pk], price_amount=Decimal("15.00"))
    services.end_offer(offer_id=made.pk)

    made.refresh_from_db()
    assert selectors.price_at(variant, made.starts_at) == Money(Decimal("15.0000"), "USD")
    assert selectors.price_at(variant, made.ends_at) == Money(Decimal("19.0000"), "USD")


def prices_of(name):
    points = prices(name).json()["variants"][0]["points"]
    return [(p["price"]["amount"], p["compare_at_price"] and p["compare_at_price"]["amount"]) for p in points]


def test_a_change_of_the_price_is_in_the_very_next_read(zaku):
    before = prices("zaku")
    assert prices("zaku").content == before.content

    reprice(zaku, "15.00")

    assert prices("zaku").json()["variants"][0]["points"][-1]["price"]["amount"] == "15.00"


def test_what_shoppers_do_not_see_has_no_prices_for_them(zaku):
    services.archive_product(product_id=zaku.pk)

    assert prices("zaku", 404).json()["code"] == "product-not-found"
    assert prices("no-such", 404)


def test_the_admin_shows_what_was_and_what_is(zaku):
    client = boss_client()
    with acting(lambda: {"user": client.user.pk, "through": "admin"}):
        reprice(zaku, "20.00")

    html = client.get(f"/admin/catalog/product/{zaku.pk}/history/").content.decode()

    assert all(word in html for word in ("19.00", "20.00", "boss@example.test", "Price", "ZAKU-1"))


def test_the_admin_shows_it_to_nobody_who_may_not_see_products(zaku):
    assert staff_client().get(f"/admin/catalog/product/{zaku.pk}/history/").status_code == 403
