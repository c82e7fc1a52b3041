"""Checking out with a card that was saved before: one request from cart to paid order."""

from uuid import uuid4

import pytest

from apps.accounts.models import User
from apps.common import audit
from apps.orders.models import Order
from apps.payments import services as payment_services
from apps.payments.models import Payment, SavedMethod
from apps.payments.providers import get_provider
from apps.payments.tests.conftest import stripe

pytestmark = pytest.mark.django_db
__all__ = ["stripe"]  # a fixture


@pytest.fixture
def ada(stripe):
    return User.objects.create_user("ada@example.test", "a-long-password")


@pytest.fixture
def card(ada):
    intent = payment_services.begin_saving(user=ada, provider="stripe").details["setup_intent"]
    get_provider("stripe").client.v1.setup_intents.confirm(intent, {"payment_method": "pm_card_visa"})
    payment_services.refresh_saved_methods(user=ada)
    return SavedMethod.objects.get()


def buy(shop, person, card_id):
    shopper = shop.shopper(person)
    shopper.add(shop.item)
    return shopper.check_out(payment_method="stripe", saved_method=str(card_id))


def test_an_order_is_placed_and_paid_at_once(shop, ada, card):
    body = buy(shop, ada, card.public_id).json()

    assert (body["payment"]["status"], body["payment"]["next_action"]) == ("succeeded", {"type": "none"})
    assert (body["status"], body["payment_status"]) == ("confirmed", "paid")
    assert Payment.objects.get().saved_method == card
    assert list(audit.run()) == []


def test_a_stranger_or_a_guest_cannot_pay_with_it(shop, card):
    eve = User.objects.create_user("eve@example.test", "a-long-password")

    for person in (eve, None):
        refused = buy(shop, person, card.public_id)
        assert (refused.status_code, refused.json()["code"]) == (404, "saved-method-not-found")
    assert not Order.objects.exists()


def test_a_card_that_never_was_places_no_order(shop, ada):
    assert buy(shop, ada, uuid4()).status_code == 404
    assert not Order.objects.exists()
