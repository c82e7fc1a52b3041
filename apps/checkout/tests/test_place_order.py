from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.cart.models import Cart
from apps.catalog import services as catalog_services
from apps.catalog.tests.clock import clock_goes_on
from apps.common import audit
from apps.common.clock import database_now
from apps.common.models import IdempotencyRecord
from apps.fx_rates import selectors as fx_selectors
from apps.fx_rates import services as fx_services
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.outbox import services as outbox
from apps.payments.models import Payment
from apps.stores.models import Store
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


def reserved(shop):
    return StockItem.objects.get(pk=shop.item.pk).reserved


def test_makes_an_order_that_holds_its_units_and_says_how_to_pay(shop):
    shopper = shop.shopper()
    shopper.add(shop.item, 2)

    response = shopper.check_out()

    body = response.json()
    assert response.status_code == 201, body
    assert body["total"] == {"amount": "29.20", "currency": "USD"}
    assert body["payment"]["next_action"]["type"] == "transfer_instructions"
    assert body["payment_due_at"] is not None
    assert reserved(shop) == 2
    assert Cart.objects.get().status == "converted"
    assert list(audit.run()) == []


def test_a_guest_comes_back_with_the_token_of_the_answer(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)
    body = shopper.check_out().json()

    seen = shopper.client.get(f"/api/v1/orders/{body['number']}/", headers={"X-Order-Token": body["order_token"]})

    assert seen.json()["status"] == body["status"]


def test_a_signed_in_customer_needs_no_address_of_mail(shop):
    user = User.objects.create_user("grace@example.test", "a-long-password")
    shopper = shop.shopper(user)
    shopper.add(shop.item)

    shopper.check_out(email="")

    assert Order.objects.get().email == "grace@example.test"
    assert Order.objects.get().customer == user


def test_phones_are_kept_with_the_code_of_the_country_that_the_goods_go_to(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)

    shopper.check_out(phone="0414-111 22 33")

    assert Order.objects.get().phone == "+584141112233"


def test_a_guest_without_an_address_of_mail_is_asked_for_one(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)

    response = shopper.check_out(email="")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["email"]


def test_the_same_request_again_is_answered_alike_and_changes_nothing(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)

    first, second = shopper.check_out("key-1"), shopper.check_out("key-1")

    assert (first.json(), first.status_code) == (second.json(), second.status_code)
    assert second["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == 1


def test_the_same_key_for_another_purchase_is_refused(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)
    shopper.check_out("key-1")

    response = shopper.check_out("key-1", note="please wrap it")

    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")
    assert Order.objects.count() == 1


def test_a_request_that_died_after_its_commit_goes_on_where_it_was(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)
    first = shopper.check_out("key-1").json()
    IdempotencyRecord.objects.update(response_status=None, response_body=None, leased_until="2020-01-01T00:00Z")

    second = shopper.check_out("key-1")

    assert (second.status_code, second.json()["number"]) == (201, first["number"])
    assert Order.objects.count() == Payment.objects.count() == 1


def test_another_total_than_the_customer_saw_is_refused_with_the_new_one(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)
    shop.item.variant.price_amount = Decimal("12.00")
    shop.item.variant.save()

    response = shopper.check_out(expected_total={"amount": "17.60", "currency": "USD"})

    assert (response.status_code, response.json()["code"]) == (409, "total-changed")
    assert response.json()["total"] == {"amount": "19.92", "currency": "USD"}
    assert reserved(shop) == 0


def test_one_moment_after_an_offer_nobody_buys_at_its_price(shop):
    shopper = shop.shopper()
    ends_at = database_now() + timedelta(minutes=30)
    variant = shop.item.variant
    catalog_services.make_offers(variant_ids=[variant.pk], price_amount=Decimal("7.00"), ends_at=ends_at)
    shopper.add(shop.item)
    clock_goes_on(minutes=31)

    refused = shopper.check_out(expected_total={"amount": "14.12", "currency": "USD"})

    assert (refused.status_code, refused.json()["code"]) == (409, "total-changed")
    assert shopper.check_out("key-2").json()["lines"][0]["unit_price"] == {"amount": "10.00", "currency": "USD"}


def test_while_an_offer_runs_it_is_what_an_order_costs(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)
    catalog_services.make_offers(variant_ids=[shop.item.variant_id], price_amount=Decimal("7.00"))

    placed = shopper.check_out().json()

    assert placed["lines"][0]["unit_price"] == {"amount": "7.00", "currency": "USD"}


def test_what_is_outside_its_window_cannot_be_bought_by_the_clock_alone(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)
    product = shop.item.variant.product
    soon = database_now() + timedelta(minutes=30)
    catalog_services.set_publication_window(product_id=product.pk, publish_until=soon)
    clock_goes_on(minutes=31)

    assert shopper.check_out().json()["code"] == "variant-not-for-sale"


def test_a_product_that_was_taken_down_is_named(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)
    product = shop.item.variant.product
    product.status = "archived"
    product.save()

    response = shopper.check_out()

    assert (response.status_code, response.json()["code"]) == (409, "variant-not-for-sale")
    assert response.json()["skus"] == [shop.item.variant.sku]


def test_units_of_an_order_whose_window_is_over_are_free_for_the_next_buyer(shop):
    shopper = shop.shopper()
    shopper.add(shop.item, 10)
    place(shop.item, quantity=10, minutes=-1)

    response = shopper.check_out()

    assert response.status_code == 201
    assert list(audit.run()) == []


def test_missing_units_are_named_and_leave_nothing_behind(shop):
    shopper = shop.shopper()
    shopper.add(shop.item, 4)
    place(shop.item, quantity=7)

    response = shopper.check_out()

    assert (response.status_code, response.json()["code"]) == (409, "out-of-stock")
    assert response.json()["shortages"] == [{"sku": shop.item.variant.sku, "requested": 4, "available": 3}]
    assert Order.objects.count() == 1
    assert Cart.objects.get().status == "active"


def test_an_expired_order_gives_the_cart_back(shop):
    shopper = shop.shopper()
    shopper.add(shop.item, 2)
    shopper.check_out()
    Order.objects.update(payment_due_at="2020-01-01T00:00Z")

    order_services.expire_due_orders()
    outbox.drain()

    assert shopper.cart()["item_count"] == 2
    assert shopper.check_out().status_code == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shipping_address": None}, "shipping_address"),
        ({"shipping_address": {"city": "x" * 200}}, "shipping_address.city"),
        ({"payment_method": ["stripe"]}, "payment_method"),
        ({"expected_total": {"amount": 12.5, "currency": "USD"}}, "expected_total"),
        ({"expected_total": {"amount": "-1", "currency": "USD"}}, "expected_total"),
        ({"email": "nobody"}, "email"),
        ({"note": "\x00"}, "note"),
        ({"language": "xx"}, "language"),
    ],
)
def test_bad_input_names_the_field_and_leaves_nothing(shop, changes, field):
    shopper = shop.shopper()
    shopper.add(shop.item)

    response = shopper.check_out(**changes)

    assert response.status_code == 400
    assert field in response.json()["errors"]
    assert not Order.objects.exists()


@pytest.mark.parametrize("method", ["nonsense", "courier-to-the-moon"])
def test_an_unknown_way_to_pay_or_send_is_refused(shop, method):
    shopper = shop.shopper()
    shopper.add(shop.item)

    assert shopper.check_out(payment_method=method).status_code == 422
    assert shopper.check_out(shipping_method=method).status_code == 422
    assert reserved(shop) == 0


@pytest.mark.race
def test_a_double_click_twenty_times_makes_one_order(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)

    answers = race(*[lambda: shopper.check_out("key-1")] * 20)

    codes = {(answer.status_code, answer.json().get("code")) for answer in answers}
    assert codes <= {(201, None), (409, "idempotency-key-in-use")}
    assert Order.objects.count() == 1
    assert list(audit.run()) == []


@pytest.mark.race
def test_twenty_different_keys_for_one_cart_make_one_live_order(shop):
    shopper = shop.shopper()
    shopper.add(shop.item)

    answers = race(*[lambda n=n: shopper.check_out(f"key-{n}") for n in range(20)])

    assert sorted(answer.status_code for answer in answers)[:2] == [201, 409]
    assert {answer.status_code for answer in answers} == {201, 409}
    assert Order.objects.count() == 1
    assert list(audit.run()) == []


@pytest.mark.race
def test_twenty_buyers_of_ten_units_make_ten_orders(shop):
    shoppers = [shop.shopper() for _ in range(20)]
    for shopper in shoppers:
        shopper.add(shop.item)

    answers = race(*[shopper.check_out for shopper in shoppers])

    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 10
    assert {answer.json().get("code") for answer in answers} == {None, "out-of-stock"}
    assert list(audit.run()) == []


@pytest.mark.race
def test_whoever_checks_out_after_staff_have_closed_the_store_gets_nothing(shop):
    shoppers = [shop.shopper() for _ in range(8)]
    for shopper in shoppers:
        shopper.add(shop.item)
    late = shoppers.pop()

    def close():
        Store.objects.update(is_active=False)
        return database_now()

    def check_out(shopper):
        return database_now(), shopper.check_out().json().get("code")

    closed_at, *answers = race(close, *[lambda shopper=shopper: check_out(shopper) for shopper in shoppers])

    refused = {code for began_at, code in [*answers, check_out(late)] if began_at > closed_at}
    assert refused == {"variant-not-for-sale"}
    assert {code for _, code in answers} <= {None, "variant-not-for-sale"}
    assert Order.objects.count() == sum(code is None for _, code in answers)
    assert list(audit.run()) == []


def a_rate_that_has_been_asked_for():
    ends = database_now() + timedelta(days=1)
    rate, why = Decimal("143.37"), "Holiday"
    fx_services.set_manual_rate(currency="VES", rate=rate, expires_at=ends, reason=why, actor="staff:1")
    fx_selectors.current_rate("VES")


@pytest.mark.parametrize("lines", [1, 8])
def test_costs_the_same_few_statements_however_many_lines(shop, lines):
    shopper = shop.shopper()
    for _ in range(lines):
        shopper.add(StockItemFactory())
    a_rate_that_has_been_asked_for()

    with CaptureQueriesContext(connection) as captured:
        assert shopper.check_out().status_code == 201

    statements = [query["sql"] for query in captured.captured_queries if query["sql"] not in {"BEGIN", "COMMIT"}]
    assert len(statements) <= 12, statements
    # the key claimed; the cart converted; its lines, shipping methods; the rates' version, the quote
    # the order with its lines and history; its units held; the event with its deliveries; the payment
    # the key tied to the order; the answer kept
