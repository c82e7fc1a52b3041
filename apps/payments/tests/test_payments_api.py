"""Payments over HTTP: who sees what, who may do what, and that a repeat changes nothing."""

from decimal import Decimal
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.common.models import IdempotencyRecord
from apps.orders import selectors as order_selectors
from apps.payments import services as payment_services
from apps.payments.models import Payment, Refund
from apps.payments.tests.paying import order_of, work

pytestmark = pytest.mark.django_db

USD_13_60 = {"amount": "13.60", "currency": "USD"}


@pytest.fixture
def ada():
    return User.objects.create_user("ada@example.test", "a-long-password")


@pytest.fixture
def helper():
    """Staff without any permission."""
    return User.objects.create_user("helper@example.test", "a-long-password", is_staff=True)


class Caller:
    def __init__(self, user=None, token=""):
        self.client = APIClient()
        self.client.force_authenticate(user)
        self.headers = {"X-Order-Token": token} if token else {}

    def get(self, path):
        return self.client.get(f"/api/v1/{path}", headers=self.headers)

    def post(self, path, key=None, **body):
        headers = self.headers | {"Idempotency-Key": key or uuid4().hex}
        return self.client.post(f"/api/v1/{path}", body, format="json", headers=headers)


def guest_of(order):
    return Caller(token=order_selectors.guest_token(order))


def test_a_guest_pays_an_order_by_its_token(buyer):
    order = buyer.order()

    response = guest_of(order).post(f"orders/{order.number}/payments/", provider="stripe")

    body = response.json()
    payment = Payment.objects.get()
    assert (response.status_code, body["status"], body["amount"]) == (201, "pending", USD_13_60)
    assert body["next_action"]["type"] == "stripe_client_secret"
    assert body["next_action"]["payment_intent"] == payment.provider_reference
    assert body["id"] == str(payment.public_id)


def test_the_same_request_again_begins_nothing_else(buyer):
    order = buyer.order()
    answers = [
        guest_of(order).post(f"orders/{order.number}/payments/", key="key-1", provider="stripe").json()
        for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert Payment.objects.count() == 1


class TestTheSecretOfAPayment:
    """It is told again to whoever repeats the request, and lies in no table."""

    @pytest.fixture
    def order(self, buyer):
        return buyer.order()

    def pay(self, order):
        return guest_of(order).post(f"orders/{order.number}/payments/", key="key-1", provider="stripe")

    def test_is_in_the_first_answer_and_in_its_repetition_but_not_in_what_is_kept(self, order):
        first, second = self.pay(order), self.pay(order)

        assert "_secret_" in first.json()["next_action"]["client_secret"]
        assert (second.status_code, second.json()) == (first.status_code, first.json())
        assert second["Idempotent-Replayed"] == "true"
        kept = IdempotencyRecord.objects.get().response_body
        assert kept["next_action"]["client_secret"] is None
        assert "_secret_" not in str(kept)

    def test_is_not_made_up_while_the_provider_is_silent(self, order, stripe):
        first = self.pay(order)
        stripe.next("stripe", "error_500", method="GET", path="/v1/payment_intents")

        refused, answered = self.pay(order), self.pay(order)

        assert (refused.status_code, refused.json()["code"]) == (503, "provider-unavailable")
        assert answered.json() == first.json()

    def test_is_not_told_when_nothing_is_left_to_do_with_it(self, order, buyer):
        first = self.pay(order).json()
        payment = Payment.objects.get()
        buyer.approve(payment)
        payment_services.settle_payment(payment_id=payment.pk)

        assert self.pay(order).json() == first | {"next_action": {"type": "none"}}


def test_a_customer_changes_to_a_transfer(buyer, ada):
    payment = buyer.begin(buyer.order(customer_id=ada.pk))

    body = Caller(ada).post(f"orders/{payment.order.number}/payments/", provider="bank_transfer").json()

    assert body["next_action"] == {
        "type": "transfer_instructions",
        "instructions": "Test Bank, account 1",
        "amount": USD_13_60,
        "reference": body["reference"],
    }
    assert Payment.objects.get(pk=payment.pk).status == "cancelled"


def test_a_strangers_order_cannot_be_paid(buyer, ada):
    order = buyer.order()

    response = Caller(ada).post(f"orders/{order.number}/payments/", provider="stripe")

    assert (response.status_code, response.json()["code"]) == (404, "order-not-found")
    assert not Payment.objects.exists()


def test_a_paid_order_is_not_paid_again(buyer):
    payment = buyer.paid()

    response = guest_of(payment.order).post(f"orders/{payment.order.number}/payments/", provider="stripe")

    assert (response.status_code, response.json()["code"]) == (409, "order-not-payable")
    assert response.json()["status_now"] == "confirmed"


def test_an_unknown_way_of_paying_names_the_known(buyer):
    order = buyer.order()

    response = guest_of(order).post(f"orders/{order.number}/payments/", provider="shells")

    assert (response.status_code, response.json()["code"]) == (422, "provider-not-offered")
    assert "stripe, bank_transfer" in response.json()["detail"]


def test_while_stripe_is_away_the_answer_says_so_and_a_repeat_goes_on(buyer):
    order = buyer.order()
    buyer.stripe.next("stripe", "error_500")
    path = f"orders/{order.number}/payments/"

    first, second = (guest_of(order).post(path, provider="stripe").json() for _ in range(2))

    assert (first["status"], first["next_action"]) == ("created", {"type": "none"})
    assert (second["status"], second["id"]) == ("pending", first["id"])


def test_the_methods_are_those_whose_settings_are_filled_in(db, settings):
    shown = {"is_open": True, "reasons": [], "currencies": ["USD"], "amounts": []}
    assert Caller().get("payments/methods/").json() == [
        {"code": "stripe", "window_minutes": 15, **shown},
        {"code": "bank_transfer", "window_minutes": 1440, **shown},
    ]
    settings.STRIPE_SECRET_KEY = ""
    assert [one["code"] for one in Caller().get("payments/methods/").json()] == ["bank_transfer"]


def test_the_list_holds_the_callers_payments_and_no_others(buyer, ada):
    mine = buyer.begin(buyer.order(customer_id=ada.pk))
    buyer.begin()

    body = Caller(ada).get("payments/").json()

    assert [one["id"] for one in body["results"]] == [str(mine.public_id)]
    assert body["results"][0]["order_number"] == mine.order.number


def test_the_list_asks_strangers_to_sign_in():
    assert Caller().get("payments/").status_code == 401


def test_staff_with_the_permission_see_all(buyer, staff, helper):
    buyer.begin()

    assert Caller(staff).get("payments/").json()["count"] == 1
    assert Caller(helper).get("payments/").json()["count"] == 0


def test_a_payment_is_its_owners(buyer, ada, staff, helper):
    payment = buyer.begin(buyer.order(customer_id=ada.pk))
    path = f"payments/{payment.public_id}/"

    for owner in (Caller(ada), Caller(staff), guest_of(payment.order)):
        assert owner.get(path).json()["amount"] == USD_13_60
    for stranger in (Caller(), Caller(helper), guest_of(buyer.order())):
        assert (stranger.get(path).status_code, stranger.get(path).json()["code"]) == (404, "payment-not-found")
    assert Caller(staff).get(f"payments/{uuid4()}/").status_code == 404


def test_nothing_of_the_providers_answer_is_shown(buyer):
    payment = buyer.paid()

    body = guest_of(payment.order).get(f"payments/{payment.public_id}/").json()

    assert set(body) == {
        *("id", "order_number", "provider", "reference", "status", "amount", "order_amount", "quote"),
        *("captured", "counted", "refunded"),
        *("failure_code", "refunds", "created_at", "succeeded_at"),
    }


def test_the_page_of_return_asks_at_once(buyer):
    payment = buyer.begin()
    buyer.approve(payment)

    body = guest_of(payment.order).post(f"payments/{payment.public_id}/refresh/").json()

    assert (body["status"], body["captured"]) == ("succeeded", USD_13_60)
    assert order_of(payment).status == "confirmed"


def test_while_stripe_is_away_the_page_of_return_is_asked_to_wait(buyer):
    payment = buyer.begin()
    buyer.stripe.next("stripe", "error_500")

    response = guest_of(payment.order).post(f"payments/{payment.public_id}/refresh/")

    assert (response.status_code, response.json()["code"]) == (503, "provider-unavailable")
    assert response["Retry-After"] == "5"


def test_staff_confirm_a_transfer_once(buyer, staff):
    payment = buyer.begin(provider="bank_transfer")
    path = f"payments/{payment.public_id}/confirm/"

    answers = [Caller(staff).post(path, key="key-1", amount=USD_13_60) for _ in range(2)]
    other = Caller(staff).post(path, amount=USD_13_60)

    assert [answer.json()["status"] for answer in answers] == ["succeeded", "succeeded"]
    assert (other.status_code, other.json()["code"]) == (409, "payment-not-confirmable")


def test_a_confirmation_that_died_after_its_commit_is_answered(buyer, staff):
    payment = buyer.begin(provider="bank_transfer")
    path = f"payments/{payment.public_id}/confirm/"
    Caller(staff).post(path, key="key-1", amount=USD_13_60)
    IdempotencyRecord.objects.update(response_status=None, response_body=None, leased_until="2020-01-01T00:00Z")

    assert Caller(staff).post(path, key="key-1", amount=USD_13_60).json()["status"] == "succeeded"


def test_staff_reject_a_transfer(buyer, staff):
    payment = buyer.begin(provider="bank_transfer")

    body = Caller(staff).post(f"payments/{payment.public_id}/reject/", reason="Not found").json()

    assert (body["status"], body["failure_code"]) == ("failed", "rejected_by_staff")


def test_staff_give_back_a_part_once(buyer, staff):
    payment = buyer.paid()
    path, part = f"payments/{payment.public_id}/refunds/", {"amount": "3.60", "currency": "USD"}

    answers = [Caller(staff).post(path, key="key-1", amount=part, reason="broken") for _ in range(2)]
    work()

    assert [answer.status_code for answer in answers] == [201, 201]
    refund = Refund.objects.get()
    assert (refund.amount, refund.status, refund.actor) == (Decimal("3.60"), "succeeded", f"staff:{staff.pk}")


def test_a_refund_whose_request_died_after_its_commit_is_found(buyer, staff):
    path = f"payments/{buyer.paid().public_id}/refunds/"
    first = Caller(staff).post(path, key="key-1", reason="broken").json()
    IdempotencyRecord.objects.update(response_status=None, response_body=None, leased_until="2020-01-01T00:00Z")

    second = Caller(staff).post(path, key="key-1", reason="broken")

    assert (second.status_code, second.json()["id"]) == (201, first["id"])
    assert Refund.objects.count() == 1


def test_more_than_is_left_is_not_given_back(buyer, staff):
    path = f"payments/{buyer.paid().public_id}/refunds/"

    response = Caller(staff).post(path, amount={"amount": "13.61", "currency": "USD"}, reason="broken")

    assert (response.status_code, response.json()["code"]) == (409, "refund-refused")


def test_staff_say_that_a_refund_was_sent_by_hand(buyer, staff):
    payment = buyer.begin(provider="bank_transfer")
    path = f"payments/{payment.public_id}/"
    Caller(staff).post(f"{path}confirm/", amount=USD_13_60)
    refund = Caller(staff).post(f"{path}refunds/", reason="broken").json()
    work()

    body = Caller(staff).post(f"{path}refunds/{refund['id']}/sent/", bank_reference="000123").json()

    assert body["status"] == "succeeded"
    assert Caller(staff).post(f"{path}refunds/{uuid4()}/sent/", bank_reference="1").status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("confirm/", {"amount": USD_13_60}),
        ("reject/", {"reason": "no"}),
        ("refunds/", {"reason": "no"}),
        ("refunds/01a1fd71-bd72-7548-8293-f67c595ecef4/sent/", {"bank_reference": "1"}),
    ],
)
def test_only_staff_with_the_permission_decide_about_money(buyer, ada, helper, path, body):
    payment = buyer.begin(buyer.order(customer_id=ada.pk), provider="bank_transfer")

    for caller in (Caller(ada), Caller(helper)):
        assert caller.post(f"payments/{payment.public_id}/{path}", **body).status_code == 403
    assert guest_of(payment.order).post(f"payments/{payment.public_id}/{path}", **body).status_code == 401
    assert Payment.objects.get().status == "pending"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("confirm/", {"amount": "13.60"}, "amount"),
        ("confirm/", {"amount": {"amount": 13.6, "currency": "USD"}}, "amount"),
        ("refunds/", {"amount": {"amount": "-1", "currency": "USD"}, "reason": "x"}, "amount"),
        ("refunds/", {}, "reason"),
        ("reject/", {"reason": ""}, "reason"),
    ],
)
def test_bad_input_names_the_field(buyer, staff, path, body, field):
    payment = buyer.begin(provider="bank_transfer")

    response = Caller(staff).post(f"payments/{payment.public_id}/{path}", **body)

    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
