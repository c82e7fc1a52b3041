"""What happens between a card and its bank: authentication, charge, decline, dispute; and what it costs us."""

from sandbox.stripe import cards, objects
from sandbox.stripe.account import Account, Document
from sandbox.stripe.cards import Card, Decline
from sandbox.stripe.wire import StripeError, public

DISPUTE_FEE = 1500


def must_authenticate(card: Card, method: Document) -> bool:
    return card.authenticate == "always" or (card.authenticate == "unless_set_up" and not method["_set_up"])


def card_of(method: Document) -> Card:
    return cards.BY_NUMBER[method["_number"]]


def charge(account: Account, intent: Document, method: Document) -> Document:
    """Ask the bank for the intent's amount; a decline is raised as StripeError after it has been recorded."""
    decline = card_of(method).decline
    if decline is not None:
        raise fail(account, intent, method, decline)
    charged = objects.charge(intent, method, None)
    account.save(charged)
    intent["latest_charge"] = charged["id"]
    intent["last_payment_error"] = intent["next_action"] = None
    account.announce("charge.succeeded", charged)
    _keep_method(account, intent, method)
    if intent["capture_method"] == "manual":
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        account.announce("payment_intent.amount_capturable_updated", account.save(intent))
        return intent
    intent.update(status="succeeded", amount_received=intent["amount"])
    account.announce("payment_intent.succeeded", account.save(intent))
    settle(account, charged)
    open_dispute(account, charged, card_of(method).dispute)
    return intent


def fail(account: Account, intent: Document, method: Document, decline: Decline) -> StripeError:
    """Record a failed try: the intent can be tried again, with another method; answers the error to raise."""
    charged = account.save(objects.charge(intent, method, decline))
    error = cards.card_error(decline, charge=charged["id"], payment_method=public(method))
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        latest_charge=charged["id"],
        last_payment_error=error.error,
    )
    account.save(intent)
    account.announce("charge.failed", charged)
    account.announce("payment_intent.payment_failed", intent)
    error.error = {**error.error, "payment_intent": public(intent)}
    return error


def settle(account: Account, charged: Document) -> None:
    """Book the captured amount on our balance. Stripe tells of it a moment later, by charge.updated."""
    captured = charged["amount_captured"]
    fee = (captured * 29 + 500) // 1000 + 30
    booked = account.save(objects.balance_transaction("charge", source=charged, amount=captured, fee=fee))
    charged["balance_transaction"] = booked["id"]
    account.announce("charge.updated", account.save(charged), {"balance_transaction": None})


def open_dispute(account: Account, charged: Document, reason: str) -> Document | None:
    """The cardholder takes the money back, for a reason in Stripe's words; no reason, no dispute."""
    if not reason:
        return None
    disputed = objects.dispute(charged, reason=reason)
    taken = objects.balance_transaction("adjustment", source=disputed, amount=-charged["amount"], fee=DISPUTE_FEE)
    disputed["balance_transactions"] = [account.save(taken)]
    charged["disputed"] = True
    account.save(charged)
    account.announce("charge.dispute.created", account.save(disputed))
    account.announce("charge.dispute.funds_withdrawn", disputed)
    return disputed


def close_dispute(account: Account, disputed: Document, status: str) -> Document:
    """End a dispute as `won` (the money comes back) or `lost`."""
    disputed["status"] = status
    if status == "won":
        back = objects.balance_transaction("adjustment", source=disputed, amount=disputed["amount"], fee=0)
        disputed["balance_transactions"].append(account.save(back))
        account.announce("charge.dispute.funds_reinstated", account.save(disputed))
    account.announce("charge.dispute.closed", account.save(disputed))
    return disputed


def _keep_method(account: Account, intent: Document, method: Document) -> None:
    """Save the card with its customer if the payment asked for that; a card without a customer serves once."""
    if intent["customer"] and intent["setup_future_usage"]:
        method["_set_up"] = intent["setup_future_usage"] == "off_session"
        attach(account, method, intent["customer"])
    elif not method["customer"]:
        method["_spent"] = True
        account.save(method)


def attach(account: Account, method: Document, customer: str) -> Document:
    already = method["customer"] == customer
    method["customer"] = customer
    account.save(method)
    if not already:
        account.announce("payment_method.attached", method)
    return method
