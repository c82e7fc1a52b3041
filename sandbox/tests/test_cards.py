import pytest
import stripe

DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", None),
    "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", None),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", None),
    "pm_card_chargeCustomerFail": ("card_declined", "generic_decline"),
}


def numbered(number: str) -> dict:
    return {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}}


@pytest.mark.parametrize(("method", "codes"), DECLINES.items())
def test_a_declined_card_leads_back_to_the_choice_of_a_method(v1, create, method, codes):
    intent = create()

    with pytest.raises(stripe.CardError) as refusal:
        v1.payment_intents.confirm(intent.id, params={"payment_method": method})

    after = v1.payment_intents.retrieve(intent.id, params={"expand": ["latest_charge"]})
    assert (refusal.value.code, getattr(refusal.value.error, "decline_code", None)) == codes
    assert refusal.value.error.payment_intent.id == intent.id
    assert (after.status, after.payment_method, after.amount_received) == ("requires_payment_method", None, 0)
    assert after.last_payment_error.code == codes[0]
    assert (after.latest_charge.status, after.latest_charge.paid) == ("failed", False)

    assert v1.payment_intents.confirm(intent.id, params={"payment_method": "pm_card_visa"}).status == "succeeded"


@pytest.mark.parametrize(
    ("number", "brand"),
    [("4242424242424242", "visa"), ("5555555555554444", "mastercard"), ("378282246310005", "amex")],
)
def test_a_good_number_pays(v1, create, number, brand):
    paid = create(payment_method_data=numbered(number), confirm=True, expand=["payment_method"])

    assert (paid.status, paid.payment_method.card.brand) == ("succeeded", brand)
    assert paid.payment_method.card.last4 == number[-4:]


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [("4242424242424241", "incorrect_number", None), ("4111111111111111", "card_declined", "test_mode_live_card")],
)
def test_a_number_that_is_no_test_card_is_declined(create, number, code, decline_code):
    with pytest.raises(stripe.CardError) as refusal:
        create(payment_method_data=numbered(number), confirm=True)

    assert (refusal.value.code, getattr(refusal.value.error, "decline_code", None)) == (code, decline_code)


def test_three_d_secure_waits_for_the_customer(sandbox, v1, create):
    intent = create()

    waiting = v1.payment_intents.confirm(
        intent.id,
        params={"payment_method": "pm_card_authenticationRequired", "return_url": "https://shop.example/back"},
    )

    assert (waiting.status, waiting.next_action.type) == ("requires_action", "redirect_to_url")
    assert waiting.next_action.redirect_to_url.url == f"{sandbox.stripe_base}/pay/{intent.id}"
    assert sandbox.approve(intent.id)["status"] == "succeeded"


def test_without_a_way_back_three_d_secure_is_left_to_the_browser_script(pay):
    assert pay("pm_card_authenticationRequired").next_action.type == "use_stripe_sdk"


def test_failed_three_d_secure_leads_back_to_the_choice_of_a_method(sandbox, v1, pay):
    intent = pay("pm_card_authenticationRequired")

    sandbox.decline(intent.id)

    after = v1.payment_intents.retrieve(intent.id)
    assert after.status == "requires_payment_method"
    assert after.last_payment_error.code == "payment_intent_authentication_failure"


def test_three_d_secure_may_be_followed_by_a_decline(sandbox, v1, pay):
    intent = pay("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")

    sandbox.approve(intent.id)

    assert v1.payment_intents.retrieve(intent.id).last_payment_error.decline_code == "insufficient_funds"


def test_a_customer_who_is_absent_cannot_authenticate(v1, pay):
    with pytest.raises(stripe.CardError) as refusal:
        pay("pm_card_authenticationRequired", off_session=True)

    assert refusal.value.code == "authentication_required"
    assert refusal.value.error.payment_intent.status == "requires_payment_method"


def test_the_dispute_card_is_disputed_after_the_payment(v1, pay):
    intent = pay("pm_card_createDispute")

    dispute = v1.disputes.list(params={"payment_intent": intent.id}).data[0]
    assert (dispute.amount, dispute.reason, dispute.status) == (2000, "fraudulent", "needs_response")
    assert v1.disputes.retrieve(dispute.id).charge == intent.latest_charge
    assert v1.charges.retrieve(intent.latest_charge).disputed is True
