import pytest
import stripe

from sandbox.tests.conftest import NO_REDIRECTS


@pytest.fixture
def customer(v1):
    return v1.customers.create(params={"email": "ada@example.test", "name": "Ada", "metadata": {"user_id": "7"}})


def saved(v1, customer, method="pm_card_visa"):
    setup = v1.setup_intents.create(
        params={"customer": customer.id, "automatic_payment_methods": NO_REDIRECTS, "usage": "off_session"}
    )
    return v1.setup_intents.confirm(setup.id, params={"payment_method": method})


def test_a_customer_can_be_found_and_changed(v1, customer):
    changed = v1.customers.update(customer.id, params={"name": "Ada L.", "metadata": {"tier": "gold"}})

    assert (changed.name, changed.email) == ("Ada L.", "ada@example.test")
    assert v1.customers.retrieve(customer.id).metadata.to_dict() == {"user_id": "7", "tier": "gold"}
    assert [one.id for one in v1.customers.list(params={"email": "ada@example.test"}).data] == [customer.id]
    assert v1.customers.list(params={"email": "grace@example.test"}).data == []


def test_a_deleted_customer_leaves_no_card_behind(v1, customer):
    setup = saved(v1, customer)

    v1.customers.delete(customer.id)

    assert v1.customers.retrieve(customer.id).deleted is True
    assert v1.payment_methods.retrieve(setup.payment_method).customer is None
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.setup_intents.create(params={"customer": customer.id})
    assert refusal.value.code == "resource_missing"


def test_a_saved_card_pays_again_and_again(v1, customer, pay):
    setup = saved(v1, customer)
    assert setup.status == "succeeded"
    (card,) = v1.customers.payment_methods.list(customer.id, params={"type": "card"}).data
    assert (card.id, card.card.last4) == (setup.payment_method, "4242")

    for _ in range(2):
        assert pay(card.id, customer=customer.id, off_session=True).status == "succeeded"


def test_a_card_that_authenticated_when_saved_pays_without_the_customer(sandbox, v1, customer, pay):
    setup = saved(v1, customer, "pm_card_authenticationRequiredOnSetup")
    assert setup.status == "requires_action"

    sandbox.approve(setup.id)

    method = v1.setup_intents.retrieve(setup.id).payment_method
    assert pay(method, customer=customer.id, off_session=True).status == "succeeded"


def test_failed_authentication_saves_nothing(sandbox, v1, customer):
    setup = saved(v1, customer, "pm_card_authenticationRequired")

    sandbox.decline(setup.id)

    after = v1.setup_intents.retrieve(setup.id)
    assert (after.status, after.last_setup_error.code) == (
        "requires_payment_method",
        "setup_intent_authentication_failure",
    )
    assert v1.customers.payment_methods.list(customer.id).data == []


def test_a_declined_card_is_not_saved(v1, customer):
    with pytest.raises(stripe.CardError) as refusal:
        saved(v1, customer, "pm_card_chargeDeclined")

    assert refusal.value.error.setup_intent.status == "requires_payment_method"
    assert v1.customers.payment_methods.list(customer.id).data == []


def test_paying_can_save_the_card(v1, customer, pay):
    intent = pay(customer=customer.id, setup_future_usage="off_session")

    assert v1.payment_methods.retrieve(intent.payment_method).customer == customer.id


def test_a_card_without_a_customer_pays_once(v1, pay):
    used = pay().payment_method

    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        pay(used)


def test_another_customers_card_is_refused(v1, customer, pay):
    card = v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id})
    other = v1.customers.create(params={"email": "grace@example.test"})

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        pay(card.id, customer=other.id)
    assert refusal.value.param == "payment_method"
    with pytest.raises(stripe.InvalidRequestError, match="belongs to a customer"):
        pay(card.id)


def test_a_detached_card_can_never_be_attached_again(v1, customer):
    card = v1.payment_methods.attach("pm_card_visa", params={"customer": customer.id})

    assert v1.payment_methods.detach(card.id).customer is None

    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        v1.payment_methods.attach(card.id, params={"customer": customer.id})
