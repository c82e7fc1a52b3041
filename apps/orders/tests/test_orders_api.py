import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import selectors, services
from apps.orders.models import Order
from apps.orders.tests.placing import pay_in_full, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return User.objects.create_user("ada@example.test", "a-long-password")


@pytest.fixture
def staff():
    return User.objects.create_superuser("staff@example.test", "a-long-password")


def as_(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_the_list_holds_the_callers_orders_newest_first_and_no_others(ada):
    item = StockItemFactory()
    orders = [place(item, customer_id=ada.pk) for _ in range(2)]
    place(item)

    body = as_(ada).get("/api/v1/orders/").json()

    assert (body["count"], [row["number"] for row in body["results"]]) == (2, [orders[1].number, orders[0].number])


def test_the_list_asks_strangers_to_sign_in():
    response = APIClient().get("/api/v1/orders/")

    assert (response.status_code, response.json()["code"]) == (401, "authentication-required")
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["number", "public_id"])
def test_an_order_is_found_by_number_and_by_id(ada, name):
    order = place(StockItemFactory(), customer_id=ada.pk, quantity=2)

    body = as_(ada).get(f"/api/v1/orders/{getattr(order, name)}/").json()

    assert body["total"] == {"amount": "25.20", "currency": "USD"}
    assert body["lines"][0]["unit_price"] == {"amount": "10.00", "currency": "USD"}


def test_a_strangers_order_is_not_found(ada):
    order = place(StockItemFactory())

    response = as_(ada).get(f"/api/v1/orders/{order.number}/")

    assert (response.status_code, response.json()["code"]) == (404, "order-not-found")


def test_a_guests_token_opens_one_order_and_no_other():
    item = StockItemFactory()
    mine, other = place(item), place(item)
    key = {"X-Order-Token": selectors.guest_token(mine)}

    assert APIClient().get(f"/api/v1/orders/{mine.number}/", headers=key).status_code == 200
    assert APIClient().get(f"/api/v1/orders/{other.number}/", headers=key).status_code == 404
    forged = {"X-Order-Token": f"{other.number}:{key['X-Order-Token'].split(':')[1]}"}
    assert APIClient().get(f"/api/v1/orders/{other.number}/", headers=forged).status_code == 404


def test_a_due_order_expires_when_it_is_looked_at(ada):
    order = place(StockItemFactory(), customer_id=ada.pk, minutes=-1)

    assert as_(ada).get(f"/api/v1/orders/{order.number}/").json()["status"] == "expired"


def test_the_history_tells_what_happened(ada):
    order = place(StockItemFactory(), customer_id=ada.pk)
    pay_in_full(order_id=order.pk)

    rows = as_(ada).get(f"/api/v1/orders/{order.number}/history/").json()

    assert [row["new"] for row in rows] == ["created", "confirmed"]


def test_a_customer_cancels_until_it_is_packed(ada):
    order = place(StockItemFactory(), customer_id=ada.pk)
    pay_in_full(order_id=order.pk)
    services.start_processing(order_id=order.pk, actor="shop")
    url = f"/api/v1/orders/{order.number}/cancel/"

    response = as_(ada).post(url, {}, format="json", headers={"Idempotency-Key": "k1"})

    assert (response.status_code, response.json()["code"]) == (409, "order-transition-not-allowed")
    assert Order.objects.get(pk=order.pk).status == "processing"


def test_cancelling_twice_with_one_key_is_answered_alike(ada):
    order = place(StockItemFactory(), customer_id=ada.pk)
    url = f"/api/v1/orders/{order.number}/cancel/"

    first = as_(ada).post(url, {"reason": "no"}, format="json", headers={"Idempotency-Key": "k1"})
    second = as_(ada).post(url, {"reason": "no"}, format="json", headers={"Idempotency-Key": "k1"})

    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert order.history.count() == 2


def test_a_key_is_needed_and_stands_for_one_body(ada):
    order = place(StockItemFactory(), customer_id=ada.pk)
    url = f"/api/v1/orders/{order.number}/cancel/"

    assert as_(ada).post(url, {}, format="json").json()["code"] == "idempotency-key-missing"
    as_(ada).post(url, {}, format="json", headers={"Idempotency-Key": "k1"})
    again = as_(ada).post(url, {"reason": "other"}, format="json", headers={"Idempotency-Key": "k1"})

    assert (again.status_code, again.json()["code"]) == (422, "idempotency-key-reused")


def test_a_form_error_leaves_the_key_free_for_the_corrected_request(ada):
    order = place(StockItemFactory(), customer_id=ada.pk)
    url = f"/api/v1/orders/{order.number}/cancel/"

    wrong = as_(ada).post(url, {"reason": "x" * 301}, format="json", headers={"Idempotency-Key": "k1"})
    right = as_(ada).post(url, {"reason": "x"}, format="json", headers={"Idempotency-Key": "k1"})

    assert (wrong.status_code, right.status_code) == (400, 200)


def test_a_refusal_of_the_business_is_the_answer_for_its_key(ada):
    order = place(StockItemFactory(), customer_id=ada.pk)
    services.cancel_order(order_id=order.pk, actor="customer")
    url = f"/api/v1/orders/{order.number}/cancel/"

    answers = [as_(ada).post(url, {}, format="json", headers={"Idempotency-Key": "k1"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert answers[1]["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("action", ["ship", "complete"])
def test_customers_do_not_ship(ada, action):
    order = place(StockItemFactory(), customer_id=ada.pk)

    response = as_(ada).post(f"/api/v1/orders/{order.number}/{action}/", headers={"Idempotency-Key": "k"})

    assert (response.status_code, response.json()["code"]) == (403, "permission-denied")


def test_staff_ship_and_complete(staff):
    order = place(StockItemFactory())
    pay_in_full(order_id=order.pk)
    url = f"/api/v1/orders/{order.number}"

    shipped = as_(staff).post(
        f"{url}/ship/", {"tracking_number": "M-1"}, format="json", headers={"Idempotency-Key": "a"}
    )
    done = as_(staff).post(f"{url}/complete/", headers={"Idempotency-Key": "b"})

    assert shipped.json()["fulfilments"][0]["tracking_number"] == "M-1"
    assert done.json()["status"] == "completed"


def test_staff_send_a_part_first(staff):
    order = place(StockItemFactory(on_hand=3), quantity=3)
    pay_in_full(order_id=order.pk)
    parcel = {"line": str(order.lines.get().public_id), "quantity": 2}

    def ship(key, *lines):
        return as_(staff).post(
            f"/api/v1/orders/{order.number}/ship/",
            {"lines": lines},
            format="json",
            headers={"Idempotency-Key": key},
        )

    part, too_much, twice, nothing = ship("a", parcel), ship("b", parcel), ship("c", parcel, parcel), ship("d")

    body = part.json()
    assert (body["status"], body["fulfilment_status"]) == ("processing", "partially_fulfilled")
    assert body["fulfilments"][0]["lines"] == [parcel]
    assert [(one["sent_quantity"], one["given_up_quantity"]) for one in body["lines"]] == [(2, 0)]
    assert (too_much.status_code, too_much.json()["code"]) == (409, "units-not-left")
    assert (twice.status_code, nothing.status_code) == (400, 400)


@pytest.mark.parametrize("query", ["status=x", "placed_after=soon", "page=99999", "page=a", "status=%00"])
def test_bad_questions_get_a_problem(ada, query):
    response = as_(ada).get(f"/api/v1/orders/?{query}")

    assert response.status_code in {400, 404}
    assert response["Content-Type"] == "application/problem+json"
