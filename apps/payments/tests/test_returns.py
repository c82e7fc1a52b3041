"""The customer comes back from a provider's page: he is settled and sent on, whatever the address claims."""

import pytest
from django.test import Client

from apps.payments.models import Payment
from apps.payments.tests.paying import order_of

pytestmark = pytest.mark.django_db


def come_back(payment, provider="stripe", page="return", **query):
    return Client().get(f"/api/v1/payments/{provider}/{page}/", {"payment": str(payment.public_id)} | query)


def test_who_has_paid_is_settled_and_sent_on_to_the_storefront(buyer):
    payment = buyer.begin()
    Payment.objects.update(return_url="http://localhost:3000/thanks?step=3")
    buyer.approve(payment)

    answer = come_back(payment)

    number = payment.order.number
    to = f"http://localhost:3000/thanks?step=3&order={number}&payment={payment.public_id}&status=succeeded"
    assert (answer.status_code, answer["Location"]) == (302, to)
    assert order_of(payment).status == "confirmed"


def test_coming_back_twice_changes_nothing_more(buyer):
    payment = buyer.begin()
    buyer.approve(payment)

    answers = [come_back(payment).json() for _ in range(2)]

    expected = {"order": payment.order.number, "payment": str(payment.public_id), "status": "succeeded"}
    assert answers == [expected, expected]


def test_who_claims_to_have_paid_has_not(buyer):
    payment = buyer.begin()

    answer = come_back(payment, redirect_status="succeeded", payment_intent="pi_other")

    assert answer.json()["status"] == "pending"
    assert order_of(payment).status == "pending"


def test_who_turns_back_may_try_again(buyer):
    payment = buyer.begin()

    assert come_back(payment, page="cancel").json()["status"] == "pending"


def test_a_provider_that_cannot_be_asked_is_asked_later(buyer):
    payment = buyer.begin()
    buyer.approve(payment)
    buyer.stripe.next("stripe", "error_500", times=5)

    assert come_back(payment).json()["status"] == "processing"


@pytest.mark.parametrize("name", ["", "nonsense", "01a1fe90-2c3c-7264-b503-fb65e3ec8d83"])
def test_an_unknown_payment_is_not_found(db, name):
    answer = Client().get("/api/v1/payments/stripe/return/", {"payment": name})

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_payment_of_another_provider_is_not_found(buyer):
    assert come_back(buyer.begin(), provider="paystack").status_code == 404
