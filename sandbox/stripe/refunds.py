"""Refunds: of a whole charge or of parts, at once or, with the two late cards, some time later."""

from sandbox.stripe import charging, intents, objects
from sandbox.stripe.account import Account, Document
from sandbox.stripe.wire import Call, invalid, refused

REASONS = {"duplicate", "fraudulent", "requested_by_customer"}


def create(account: Account, call: Call) -> Document:
    charged = _charge_to_refund(account, call)
    rest = charged["amount_captured"] - charged["amount_refunded"]
    if charged["disputed"]:
        raise refused(f"Charge {charged['id']} has been charged back; cannot issue a refund.", "charge_disputed")
    if rest == 0:
        raise refused(f"Charge {charged['id']} has already been refunded.", "charge_already_refunded")
    amount = call.integer("amount", rest)
    if amount < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if amount > rest:
        raise refused(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({rest})", param="amount")
    return _refund(account, charged, amount, call)


def settle(account: Account, refund: Document) -> Document:
    """Let time pass for a late refund: the pending one arrives, the returned one fails. Others stay as they are."""
    late = _card(account, refund).refund
    if refund["status"] == "pending":
        refund.update(status="succeeded", pending_reason=None)
        _announce_update(account, refund)
    elif late == "late_failure" and refund["status"] == "succeeded":
        _give_back(account, refund)
    return refund


def _refund(account: Account, charged: Document, amount: int, call: Call) -> Document:
    method = account.get("payment_method", charged["payment_method"])
    late = charging.card_of(method).refund == "late_success"
    refund = objects.refund(
        charged,
        amount=amount,
        reason=call.choice("reason", REASONS),
        status="pending" if late else "succeeded",
    )
    refund["metadata"] = call.metadata({})
    booked = objects.balance_transaction("refund", source=refund, amount=-amount, fee=0)
    refund["balance_transaction"] = account.save(booked)["id"]
    charged["amount_refunded"] += amount
    charged["refunded"] = charged["amount_refunded"] == charged["amount_captured"]
    account.save(charged)
    account.announce("refund.created", account.save(refund))
    account.announce("charge.refunded", charged)
    return refund


def _give_back(account: Account, refund: Document) -> None:
    charged = account.get("charge", refund["charge"])
    charged["amount_refunded"] -= refund["amount"]
    charged["refunded"] = False
    account.save(charged)
    booked = objects.balance_transaction("refund_failure", source=refund, amount=refund["amount"], fee=0)
    refund.update(
        status="failed",
        failure_reason="expired_or_canceled_card",
        failure_balance_transaction=account.save(booked)["id"],
    )
    account.announce("refund.failed", account.save(refund))
    _announce_update(account, refund)


def _announce_update(account: Account, refund: Document) -> None:
    account.save(refund)
    account.announce("refund.updated", refund)
    account.announce("charge.refund.updated", refund)


def _charge_to_refund(account: Account, call: Call) -> Document:
    if call.text("charge"):
        charged = account.get("charge", call.required("charge"), "charge")
    elif call.text("payment_intent"):
        intent = account.get("payment_intent", call.required("payment_intent"), "payment_intent")
        if intent["status"] != "succeeded":
            message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            raise intents.unexpected(intent, message)
        charged = account.get("charge", intent["latest_charge"])
    else:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    if not charged["captured"]:
        raise refused(f"Charge {charged['id']} has not been captured; cannot issue a refund.", "charge_not_refundable")
    return charged


def _card(account: Account, refund: Document) -> charging.Card:
    return charging.card_of(account.get("payment_method", refund["payment_method"]))
