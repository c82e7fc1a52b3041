"""SetupIntents: saving a card without charging it."""

from sandbox.stripe import cards, charging, intents, objects
from sandbox.stripe.account import Account, Document
from sandbox.stripe.payment_intents import SESSIONS
from sandbox.stripe.wire import Call, StripeError, public

CANCELABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(account: Account, call: Call) -> Document:
    intents.refuse_payment_method_types(call)
    intent = objects.setup_intent(usage=call.choice("usage", SESSIONS, "off_session"))
    intents.fill(account, intent, call)
    if intent["automatic_payment_methods"] is None and intent["allowed_payment_method_types"] is None:
        intent["automatic_payment_methods"] = {"allow_redirects": "always", "enabled": True}
    account.save(intent)
    account.announce("setup_intent.created", intent)
    return _attempt(account, intent, call) if call.flag("confirm") else intent


def retrieve(account: Account, call: Call) -> Document:
    intent = account.get("setup_intent", call.ids["id"], "intent")
    intents.check_client(intent, call)
    return intent


def confirm(account: Account, call: Call) -> Document:
    intents.refuse_payment_method_types(call)
    intent = account.get("setup_intent", call.ids["id"], "intent")
    intents.check_client(intent, call)
    intents.fill(account, intent, call)
    return _attempt(account, intent, call)


def cancel(account: Account, call: Call) -> Document:
    return intents.end(account, account.get("setup_intent", call.ids["id"], "intent"), call, CANCELABLE)


def authenticate(account: Account, intent: Document, *, passed: bool) -> Document:
    method = account.get("payment_method", intent["payment_method"])
    if passed:
        return _save_card(account, intent, method)
    error = intents.refused(
        "The provided PaymentMethod has failed authentication.",
        "setup_intent_authentication_failure",
        payment_method=public(method),
    )
    return _fail(account, intent, error)


def _attempt(account: Account, intent: Document, call: Call) -> Document:
    intents.ready_to_confirm(intent, call)
    method = account.get("payment_method", intent["payment_method"])
    card = charging.card_of(method)
    if card.token.startswith("pm_card_chargeDeclined"):
        error = cards.card_error(card.decline, payment_method=public(method))
        _fail(account, intent, error)
        error.error = {**error.error, "setup_intent": public(intent)}
        raise error
    if card.authenticate:
        return intents.ask_for_action(account, intent, call)
    return _save_card(account, intent, method)


def _save_card(account: Account, intent: Document, method: Document) -> Document:
    method["_set_up"] = intent["usage"] == "off_session"
    account.save(method)
    if intent["customer"]:
        charging.attach(account, method, intent["customer"])
    intent.update(status="succeeded", next_action=None, last_setup_error=None)
    account.announce("setup_intent.succeeded", account.save(intent))
    return intent


def _fail(account: Account, intent: Document, error: StripeError) -> Document:
    intent.update(status="requires_payment_method", payment_method=None, next_action=None, last_setup_error=error.error)
    account.announce("setup_intent.setup_failed", account.save(intent))
    return intent
