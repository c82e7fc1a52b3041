import pytest
import stripe


def test_refunds_add_up_to_the_charge_and_no_further(v1, pay):
    intent = pay()
    first = v1.refunds.create(params={"payment_intent": intent.id, "amount": 500, "metadata": {"refund_id": "r1"}})
    assert (first.status, first.amount, first.charge) == ("succeeded", 500, intent.latest_charge)

    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount") as refusal:
        v1.refunds.create(params={"payment_intent": intent.id, "amount": 1501})
    assert refusal.value.param == "amount"

    assert v1.refunds.create(params={"charge": intent.latest_charge}).amount == 1500
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.refunds.create(params={"payment_intent": intent.id, "amount": 1})
    assert refusal.value.code == "charge_already_refunded"

    charge = v1.charges.retrieve(intent.latest_charge, params={"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (2000, True)
    assert [refund.amount for refund in charge.refunds.data] == [1500, 500]


def test_only_what_was_captured_can_be_refunded(v1, pay):
    intent = pay(capture_method="manual")
    v1.payment_intents.capture(intent.id, params={"amount_to_capture": 700})

    assert v1.refunds.create(params={"payment_intent": intent.id}).amount == 700


@pytest.mark.parametrize("paid", [False, True])
def test_an_unpaid_or_only_authorised_payment_cannot_be_refunded(v1, create, pay, paid):
    intent = pay(capture_method="manual") if paid else create()

    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        v1.refunds.create(params={"payment_intent": intent.id})

    assert v1.refunds.list().data == []


def test_a_disputed_charge_cannot_be_refunded(v1, pay):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.refunds.create(params={"payment_intent": pay("pm_card_createDispute").id})

    assert refusal.value.code == "charge_disputed"


@pytest.mark.parametrize("amount", [0, -5])
def test_a_refund_is_positive(v1, pay, amount):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.refunds.create(params={"payment_intent": pay().id, "amount": amount})

    assert (refusal.value.code, refusal.value.param) == ("parameter_invalid_integer", "amount")


def test_a_late_refund_is_pending_until_time_passes(sandbox, v1, pay):
    refund = v1.refunds.create(params={"payment_intent": pay("pm_card_pendingRefund").id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")

    sandbox.control("POST", f"/stripe/refunds/{refund.id}/settle")

    assert v1.refunds.retrieve(refund.id).status == "succeeded"
    assert [one.type for one in sandbox.webhooks][-2:] == ["refund.updated", "charge.refund.updated"]


def test_a_refund_that_the_bank_returns_gives_the_money_back(sandbox, v1, pay):
    intent = pay("pm_card_refundFail")
    refund = v1.refunds.create(params={"payment_intent": intent.id})
    assert refund.status == "succeeded"

    sandbox.control("POST", "/stripe/refunds/settle")

    failed = v1.refunds.retrieve(refund.id, params={"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance_transaction.amount == 2000
    assert v1.charges.retrieve(intent.latest_charge).amount_refunded == 0
    assert "refund.failed" in [one.type for one in sandbox.webhooks]


def test_a_dispute_that_is_won_brings_the_money_back(sandbox, v1, pay):
    intent = pay()
    dispute = sandbox.control("POST", f"/stripe/charges/{intent.latest_charge}/dispute")

    sandbox.control("POST", f"/stripe/disputes/{dispute['id']}/close", {"status": "won"})

    closed = v1.disputes.retrieve(dispute["id"])
    assert (closed.status, [one.amount for one in closed.balance_transactions]) == ("won", [-2000, 2000])
    assert [one.type for one in sandbox.webhooks][-2:] == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]
