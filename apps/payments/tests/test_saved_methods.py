"""Cards that customers leave: listed, preferred, forgotten, paid with, and nobody else's."""

import pytest

from apps.accounts.models import User
from apps.common import audit
from apps.payments.models import Payment, ProviderCustomer, SavedMethod, WebhookEvent
from apps.payments.providers import get_provider
from apps.payments.tests.paying import work
from apps.payments.tests.test_payments_api import Caller, guest_of

pytestmark = pytest.mark.django_db

CARDS = "payments/saved-methods/"


@pytest.fixture
def ada(stripe):
    return User.objects.create_user("ada@example.test", "a-long-password")


@pytest.fixture
def eve():
    return User.objects.create_user("eve@example.test", "a-long-password")


@pytest.fixture
def save(stripe, ada, webhooks):
    """Ada saves a card in her browser, and Stripe tells us of it."""

    def save(card="pm_card_visa", person=ada):
        action = Caller(person).post(CARDS).json()["next_action"]
        intents = get_provider("stripe").client.v1.setup_intents
        if intents.confirm(action["setup_intent"], {"payment_method": card}).status == "requires_action":
            stripe.approve(action["setup_intent"])
        webhooks()
        work()
        return SavedMethod.objects.latest("pk")

    return save


def cards_of(person):
    return Caller(person).get(CARDS).json()


def pay(person, order, method, **changes):
    body = {"provider": "stripe", "saved_method": str(method.public_id)} | changes
    return Caller(person).post(f"orders/{order.number}/payments/", **body)


def test_saving_begins_with_a_secret_for_the_browser(ada):
    response = Caller(ada).post(CARDS)

    action = response.json()["next_action"]
    assert (response.status_code, action["type"]) == (201, "stripe_client_secret")
    assert action["client_secret"].startswith(f"{action['setup_intent']}_secret_")
    assert cards_of(ada) == []
    Caller(ada).post(CARDS)
    assert ProviderCustomer.objects.count() == 1


def test_a_card_is_listed_once_stripe_says_that_it_is_saved(ada, save):
    method = save()

    assert cards_of(ada) == [
        {
            "id": str(method.public_id),
            "provider": "stripe",
            "brand": "visa",
            "last4": "4242",
            "exp_month": 12,
            "exp_year": method.exp_year,
            "is_default": False,
        }
    ]


def test_whoever_comes_back_before_the_webhook_may_ask_at_once(ada):
    action = Caller(ada).post(CARDS).json()["next_action"]
    intents = get_provider("stripe").client.v1.setup_intents
    intents.confirm(action["setup_intent"], {"payment_method": "pm_card_visa"})

    answers = [Caller(ada).post(f"{CARDS}refresh/").json() for _ in range(2)]

    assert answers[0] == answers[1] == cards_of(ada)
    assert [one["last4"] for one in answers[0]] == ["4242"]


def test_one_card_at_a_time_is_the_default_and_stands_first(ada, save):
    visa, amex = save(), save("pm_card_amex")

    for method in (visa, amex, visa):
        body = Caller(ada).post(f"{CARDS}{method.public_id}/default/").json()
        assert (body["id"], body["is_default"]) == (str(method.public_id), True)
        assert [one["is_default"] for one in cards_of(ada)] == [True, False]
        assert cards_of(ada)[0]["id"] == str(method.public_id)


def test_a_forgotten_card_is_gone_here_and_there(ada, save):
    method, caller = save(), Caller(ada)

    response = caller.client.delete(f"/api/v1/{CARDS}{method.public_id}/")
    again = caller.client.delete(f"/api/v1/{CARDS}{method.public_id}/")

    assert (response.status_code, again.status_code, again.json()["code"]) == (204, 404, "saved-method-not-found")
    assert cards_of(ada) == []
    assert get_provider("stripe").list_methods(ProviderCustomer.objects.get().provider_reference) == []


def test_a_card_that_is_detached_in_the_panel_disappears(ada, save, webhooks):
    method = save()
    get_provider("stripe").client.v1.payment_methods.detach(method.provider_reference)

    webhooks()
    work()

    assert cards_of(ada) == []
    told = WebhookEvent.objects.get(event_type="payment_method.detached")
    assert (told.status, told.verdict) == ("applied", "the cards that are kept")


def test_the_cards_of_a_customer_who_is_not_ours_are_ignored(stripe, ada, webhooks):
    provider = get_provider("stripe")
    intent = provider.begin_saving(provider.create_customer(key="x", email="x@example.test", name="X"))
    provider.client.v1.setup_intents.confirm(intent.details["setup_intent"], {"payment_method": "pm_card_visa"})

    webhooks()
    work()

    assert not SavedMethod.objects.exists()
    assert WebhookEvent.objects.get(event_type="setup_intent.succeeded").status == "ignored"


def test_nobody_sees_touches_or_pays_with_anothers_card(buyer, ada, eve, save):
    method, order = save(), buyer.order(customer_id=eve.pk)

    assert cards_of(eve) == []
    assert Caller(eve).post(f"{CARDS}{method.public_id}/default/").status_code == 404
    assert Caller(eve).client.delete(f"/api/v1/{CARDS}{method.public_id}/").status_code == 404
    assert pay(eve, order, method).json()["code"] == "saved-method-not-found"
    body = {"provider": "stripe", "saved_method": str(method.public_id)}
    assert guest_of(order).post(f"orders/{order.number}/payments/", **body).status_code == 404
    assert not Payment.objects.exists()
    assert [one["id"] for one in cards_of(ada)] == [str(method.public_id)]


@pytest.mark.parametrize("path", ["", "refresh/", "01a1fe90-2c3c-7264-b503-fb65e3ec8d83/default/"])
def test_cards_are_for_people_who_are_signed_in(path):
    assert Caller().post(f"{CARDS}{path}").status_code == 401


def test_a_way_of_paying_that_keeps_no_cards_says_so(ada):
    response = Caller(ada).post(CARDS, provider="bank_transfer")

    assert (response.status_code, response.json()["code"]) == (422, "provider-not-offered")


def test_while_stripe_is_away_a_card_can_be_neither_saved_nor_forgotten(ada, save, stripe):
    method = save()
    for call in ("post", "delete"):
        stripe.next("stripe", "error_500")
        path = CARDS if call == "post" else f"{CARDS}{method.public_id}/"
        assert getattr(Caller(ada).client, call)(f"/api/v1/{path}").status_code == 503
    assert len(cards_of(ada)) == 1


def test_an_order_is_paid_with_a_saved_card_at_once(buyer, ada, save):
    method, order = save(), buyer.order(customer_id=ada.pk)

    body = pay(ada, order, method).json()

    assert (body["status"], body["next_action"]) == ("succeeded", {"type": "none"})
    order.refresh_from_db()
    assert (order.status, Payment.objects.get().saved_method) == ("confirmed", method)
    assert list(audit.run()) == []


def test_a_bank_that_wants_to_hear_from_the_customer_leaves_it_to_him(buyer, ada, save):
    method, order = save("pm_card_authenticationRequired"), buyer.order(customer_id=ada.pk)

    answers = [pay(ada, order, method).json() for _ in range(2)]

    for body in answers:
        assert (body["status"], body["next_action"]["type"]) == ("pending", "stripe_client_secret")
        assert body["next_action"]["payment_method"] == method.provider_reference
    assert Payment.objects.count() == 1


def test_a_refused_card_is_tried_again_or_another_under_a_reference_of_its_own(buyer, ada, save):
    bad, good = save("pm_card_chargeCustomerFail"), save()
    order = buyer.order(customer_id=ada.pk)

    answers = [pay(ada, order, method).json() for method in (bad, bad, good)]
    work()

    assert [body["status"] for body in answers] == ["failed", "failed", "succeeded"]
    assert len({body["reference"] for body in answers}) == 3
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["cancelled", "cancelled", "succeeded"]
    assert list(audit.run()) == []


def test_a_card_that_was_forgotten_meanwhile_is_not_charged(buyer, ada, save):
    method, order = save(), buyer.order(customer_id=ada.pk)
    get_provider("stripe").client.v1.payment_methods.detach(method.provider_reference)

    body = pay(ada, order, method).json()

    assert (body["status"], body["next_action"]) == ("failed", {"type": "none"})
    order.refresh_from_db()
    assert order.payment_status == "unpaid"


def test_a_charge_whose_answer_was_lost_is_made_once(buyer, ada, save, stripe):
    method, order = save(), buyer.order(customer_id=ada.pk)
    stripe.next("stripe", "reset_after_recording", method="POST", path="/v1/payment_intents")

    first, second = pay(ada, order, method).json(), pay(ada, order, method).json()

    assert (first["status"], second["status"]) == ("created", "succeeded")
    assert [one.amount for one in get_provider("stripe").client.v1.charges.list().data] == [1360]


def test_a_card_of_one_provider_pays_nothing_through_another(buyer, ada, save):
    method, order = save(), buyer.order(customer_id=ada.pk)

    response = pay(ada, order, method, provider="bank_transfer")

    assert (response.status_code, response.json()["code"]) == (404, "saved-method-not-found")
