"""PaymentIntents, from creation to success or cancellation. A declined try leads back to requires_payment_method."""

from sandbox.stripe import charging, intents, objects
from sandbox.stripe.account import Account, Document
from sandbox.stripe.cards import UNAUTHENTICATED
from sandbox.stripe.wire import Call, invalid, public, words

CURRENCIES = words("""
    aed ars aud bdt bgn bif bob brl cad chf clp cop crc czk djf dkk dop egp eur gbp ghs gnf gtq hkd hnl huf idr ils inr
    jmd jpy kes kmf krw mad mga mur mxn myr ngn nio nok nzd pab pen php pkr pln pyg qar ron rsd rwf sar sek sgd thb try
    twd tzs uah ugx usd uyu vnd vuv xaf xof xpf zar
""")
SMALLEST = 50
LARGEST = 99_999_999
CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
CAPTURE_METHODS = {"automatic", "automatic_async", "manual"}
SESSIONS = {"on_session", "off_session"}
TEXTS = ("receipt_email", "statement_descriptor", "statement_descriptor_suffix", "transfer_group")
GROUPS = ("shipping", "payment_details")


def create(account: Account, call: Call) -> Document:
    intents.refuse_payment_method_types(call)
    call.required("amount")
    intent = objects.payment_intent(amount=_amount(call), currency=_currency(call.required("currency")))
    intent["capture_method"] = call.choice("capture_method", CAPTURE_METHODS, "automatic_async")
    intents.fill(account, intent, call)
    _fill(intent, call)
    if intent["automatic_payment_methods"] is None and intent["allowed_payment_method_types"] is None:
        intent["automatic_payment_methods"] = {"allow_redirects": "always", "enabled": True}
    account.save(intent)
    account.announce("payment_intent.created", intent)
    return _attempt(account, intent, call) if call.flag("confirm") else intent


def retrieve(account: Account, call: Call) -> Document:
    intent = account.get("payment_intent", call.ids["id"], "intent")
    intents.check_client(intent, call)
    return intent


def update(account: Account, call: Call) -> Document:
    intents.refuse_payment_method_types(call)
    intent = account.get("payment_intent", call.ids["id"], "intent")
    for name in ("amount", "currency", "payment_method", "payment_method_data", "customer"):
        if name in call.params and intent["status"] not in intents.OPEN:
            raise intents.unexpected(
                intent,
                f"This PaymentIntent's {name} could not be updated because it has a status of {intent['status']}. You "
                f"may only update the {name} of a PaymentIntent with one of the following statuses: "
                f"{', '.join(intents.OPEN)}.",
            )
    if "amount" in call.params:
        intent["amount"] = _amount(call)
    if "currency" in call.params:
        intent["currency"] = _currency(call.required("currency"))
    intents.fill(account, intent, call)
    _fill(intent, call)
    return account.save(intent)


def confirm(account: Account, call: Call) -> Document:
    intents.refuse_payment_method_types(call)
    intent = account.get("payment_intent", call.ids["id"], "intent")
    intents.check_client(intent, call)
    intents.fill(account, intent, call)
    _fill(intent, call)
    return _attempt(account, intent, call)


def capture(account: Account, call: Call) -> Document:
    intent = account.get("payment_intent", call.ids["id"], "intent")
    if intent["status"] != "requires_capture":
        raise intents.unexpected(
            intent,
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}. Only a "
            "PaymentIntent with one of the following statuses may be captured: requires_capture.",
        )
    amount = call.integer("amount_to_capture", intent["amount_capturable"])
    if amount > intent["amount_capturable"]:
        raise invalid(
            "The amount to capture is greater than the amount you can capture for this charge.",
            "amount_to_capture",
            "amount_too_large",
        )
    intent["metadata"] = call.metadata(intent["metadata"])
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    charged = account.get("charge", intent["latest_charge"])
    charged.update(captured=True, amount_captured=amount)
    account.announce("charge.captured", account.save(charged))
    account.announce("payment_intent.succeeded", account.save(intent))
    charging.settle(account, charged)
    return intent


def cancel(account: Account, call: Call) -> Document:
    intent = account.get("payment_intent", call.ids["id"], "intent")
    if intent["status"] in CANCELABLE:
        intent.update(canceled_at=objects.now(), amount_capturable=0)
    return intents.end(account, intent, call, CANCELABLE)


def authenticate(account: Account, intent: Document, *, passed: bool) -> Document:
    """The customer has come through 3-D Secure, or has not. A decline that follows is raised as StripeError."""
    method = account.get("payment_method", intent["payment_method"])
    if passed:
        return charging.charge(account, intent, method)
    message = (
        "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new "
        "PaymentMethod to attempt to fulfill this PaymentIntent again."
    )
    error = intents.refused(message, "payment_intent_authentication_failure", payment_method=public(method))
    intent.update(
        status="requires_payment_method", payment_method=None, next_action=None, last_payment_error=error.error
    )
    account.announce("payment_intent.payment_failed", account.save(intent))
    return intent


def _attempt(account: Account, intent: Document, call: Call) -> Document:
    intents.ready_to_confirm(intent, call)
    intent["_return_url"] = call.text("return_url")
    method = account.get("payment_method", intent["payment_method"])
    if charging.must_authenticate(charging.card_of(method), method):
        if call.text("off_session") in {"true", "one_off", "recurring"} or call.flag("error_on_requires_action"):
            raise charging.fail(account, intent, method, UNAUTHENTICATED)
        return intents.ask_for_action(account, intent, call)
    return charging.charge(account, intent, method)


def _fill(intent: Document, call: Call) -> None:
    for name in TEXTS:
        if name in call.params:
            intent[name] = call.text(name)
    if "setup_future_usage" in call.params:
        intent["setup_future_usage"] = call.choice("setup_future_usage", SESSIONS)
    for name in GROUPS:
        if name in call.params:
            intent[name] = call.group(name) or None


def _amount(call: Call) -> int:
    amount = call.integer("amount")
    if amount is None or amount < 1:
        raise invalid("This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer")
    if amount < SMALLEST:
        raise invalid("Amount must be at least $0.50 usd", "amount", "amount_too_small")
    if amount > LARGEST:
        raise invalid("Amount must be no more than $999,999.99", "amount", "amount_too_large")
    return amount


def _currency(code: str) -> str:
    if code.lower() not in CURRENCIES:
        raise invalid(
            f"Invalid currency: {code.lower()}. Stripe currently supports these currencies: "
            f"{', '.join(sorted(CURRENCIES))}",
            "currency",
        )
    return code.lower()
