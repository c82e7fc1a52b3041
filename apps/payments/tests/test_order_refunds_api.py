"""Giving back of an order over HTTP: who may decide, who may look, and that a repeat changes nothing."""

import pytest

from apps.accounts.models import User
from apps.common.models import IdempotencyRecord
from apps.payments.models import OrderRefund, Refund
from apps.payments.tests.paying import work
from apps.payments.tests.test_payments_api import Caller, guest_of

pytestmark = pytest.mark.django_db

USD_11_60 = {"amount": "11.60", "currency": "USD"}


@pytest.fixture
def ada():
    return User.objects.create_user("ada@example.test", "a-long-password")


@pytest.fixture
def helper():
    """Staff without any permission."""
    return User.objects.create_user("helper@example.test", "a-long-password", is_staff=True)


def path_of(order):
    return f"orders/{order.number}/refunds/"


def one_unit(order):
    return {"lines": [{"line": str(order.lines.get().public_id), "quantity": 1}], "reason": "broken"}


def test_staff_give_a_unit_back_once(buyer, staff):
    order = buyer.paid().order

    answers = [Caller(staff).post(path_of(order), key="key-1", **one_unit(order)) for _ in range(2)]

    body = answers[0].json()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].json() == body
    assert (body["amount"], body["reason"], body["is_restocked"]) == (USD_11_60, "broken", False)
    given_up = {"given_up_quantity": 1, "sent_quantity": 0}
    assert body["lines"] == [one_unit(order)["lines"][0] | given_up | {"amount": USD_11_60}]
    assert [(one["amount"], one["provider"], one["status"]) for one in body["refunds"]] == [
        (USD_11_60, "stripe", "queued")
    ]
    assert OrderRefund.objects.get().actor == f"staff:{staff.pk}"


def test_a_decision_whose_request_died_after_its_commit_is_found(buyer, staff):
    order = buyer.paid().order
    first = Caller(staff).post(path_of(order), key="key-1", **one_unit(order)).json()
    IdempotencyRecord.objects.update(response_status=None, response_body=None, leased_until="2020-01-01T00:00Z")

    second = Caller(staff).post(path_of(order), key="key-1", **one_unit(order))

    assert (second.status_code, second.json()["id"]) == (201, first["id"])
    assert Refund.objects.count() == 1


def test_its_owner_sees_what_went_back_and_what_is_left(buyer, staff):
    order = buyer.paid().order
    Caller(staff).post(path_of(order), **one_unit(order))
    work()

    body = guest_of(order).get(path_of(order)).json()

    line = order.lines.get()
    assert body["refundable"] == {"amount": "2.00", "currency": "USD"}
    assert body["lines"] == [
        {
            "id": str(line.public_id),
            "sku": line.sku,
            "name": line.name,
            "quantity": 1,
            "refundable_quantity": 0,
            "refundable_unsent_quantity": 0,
            "paid": USD_11_60,
            "refunded": USD_11_60,
        }
    ]
    assert [one["status"] for one in body["refunds"]] == ["succeeded"]
    assert [one["amount"] for one in body["decisions"]] == [USD_11_60]


def test_a_stranger_sees_nothing(buyer, ada):
    response = Caller(ada).get(path_of(buyer.paid().order))

    assert (response.status_code, response.json()["code"]) == (404, "order-not-found")


def test_only_staff_with_the_permission_give_back(buyer, ada, helper):
    order = buyer.paid(buyer.order(customer_id=ada.pk)).order

    for caller in (Caller(ada), Caller(helper)):
        assert caller.post(path_of(order), **one_unit(order)).status_code == 403
    assert guest_of(order).post(path_of(order), **one_unit(order)).status_code == 401
    assert not OrderRefund.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"amount": {"amount": "13.61", "currency": "USD"}}, 409, "refund-refused"),
        ({"lines": [{"line": "01a1fd71-bd72-7548-8293-f67c595ecef4", "quantity": 1}]}, 404, "refund-line-not-found"),
        ({"lines": [{"line": "no", "quantity": 1}]}, 400, "invalid"),
        ({"lines": [{"line": "01a1fd71-bd72-7548-8293-f67c595ecef4", "quantity": 0}]}, 400, "invalid"),
        ({"reason": ""}, 400, "invalid"),
    ],
)
def test_what_cannot_go_back_says_why(buyer, staff, body, status, code):
    order = buyer.paid().order

    response = Caller(staff).post(path_of(order), **{"reason": "broken"} | body)

    assert response.status_code == status
    assert response.json()["code"] == code or status == 400
    assert not OrderRefund.objects.exists()
