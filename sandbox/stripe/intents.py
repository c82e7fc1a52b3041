"""What PaymentIntents and SetupIntents have in common: which method, who may confirm, the 3-D Secure step, the end."""

from typing import Any

from sandbox.stripe import customers
from sandbox.stripe.account import Account, Document, new_id
from sandbox.stripe.wire import Call, StripeError, boolean, invalid, public, refused

TITLES = {"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
REASONS = {"duplicate", "fraudulent", "requested_by_customer", "abandoned"}


def refuse_payment_method_types(call: Call) -> None:
    """Since 2026-09-30.endive the list is read only. Source: Stripe's changelog of that version."""
    if "payment_method_types" in call.params:
        raise invalid(
            "`payment_method_types` is no longer supported. Use `automatic_payment_methods` or "
            "`allowed_payment_method_types` instead.",
            "payment_method_types",
            "payment_method_types_no_longer_supported",
        )


def fill(account: Account, intent: Document, call: Call) -> None:
    """Take over what create, update and confirm may all say of an intent."""
    if "description" in call.params:
        intent["description"] = call.text("description")
    if call.text("customer"):
        intent["customer"] = account.get("customer", call.required("customer"), "customer")["id"]
    for name in ("allowed_payment_method_types", "excluded_payment_method_types"):
        if name in call.params:
            intent[name] = call.params[name] or None
    automatic = call.group("automatic_payment_methods")
    if automatic:
        if "allowed_payment_method_types" in call.params:
            raise invalid(
                "You may only specify one of these parameters: automatic_payment_methods, allowed_payment_method_types."
            )
        intent["automatic_payment_methods"] = {
            "allow_redirects": automatic.get("allow_redirects", "always"),
            "enabled": boolean(automatic.get("enabled", "false"), "automatic_payment_methods[enabled]"),
        }
    intent["metadata"] = call.metadata(intent["metadata"])
    _choose_method(account, intent, call)


def _choose_method(account: Account, intent: Document, call: Call) -> None:
    if call.text("payment_method"):
        method = customers.resolve(account, call.required("payment_method"))
    elif "payment_method_data" in call.params:
        method = customers.from_data(account, call.group("payment_method_data"))
    else:
        return
    intent["payment_method"] = customers.usable_by(account, method, intent["customer"])["id"]
    if intent["status"] in OPEN:
        intent.update(status="requires_confirmation", next_action=None)


def check_client(intent: Document, call: Call) -> None:
    """A browser may only touch the intent whose secret it holds."""
    if call.client and call.text("client_secret") != intent["client_secret"]:
        title = TITLES[intent["object"]]
        raise invalid(
            f"The client_secret provided does not match the client_secret associated with the {title}.",
            "client_secret",
            f"{intent['object']}_invalid_parameter" if intent["object"] == "payment_intent" else None,
        )


def ready_to_confirm(intent: Document, call: Call) -> None:
    """Refuse to confirm what is over, has no method, or might redirect without knowing where to come back."""
    title = TITLES[intent["object"]]
    if intent["status"] not in OPEN:
        raise unexpected(intent, f"You cannot confirm this {title} because it has a status of {intent['status']}.")
    if intent["payment_method"] is None:
        raise unexpected(
            intent,
            f"You cannot confirm this {title} because it's missing a payment method. You can either update the {title} "
            "with a payment method and then confirm it again, or confirm it again directly with a payment method.",
        )
    automatic = intent["automatic_payment_methods"] or {"enabled": intent["allowed_payment_method_types"] is None}
    redirects = automatic["enabled"] and automatic.get("allow_redirects", "always") == "always"
    if redirects and not call.client and not call.text("return_url"):
        raise invalid(
            f"This {title} is configured to accept payment methods enabled in your Dashboard. Because some of these "
            "payment methods might redirect your customer off of your page, you must provide a `return_url`. If you "
            "don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` "
            "and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment "
            "Intents.",
            "return_url",
        )


def ask_for_action(account: Account, intent: Document, call: Call) -> Document:
    """Send the customer through 3-D Secure: to our page, or, without a way back, through Stripe.js."""
    page = f"{call.base_url}/pay/{intent['id']}"
    back = call.text("return_url")
    if back and not call.flag("use_stripe_sdk"):
        action: dict[str, Any] = {"type": "redirect_to_url", "redirect_to_url": {"return_url": back, "url": page}}
    else:
        sdk = {"source": new_id("src"), "stripe_js": page, "type": "three_d_secure_redirect"}
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
    intent.update(status="requires_action", next_action=action, _return_url=back)
    account.announce(f"{intent['object']}.requires_action", account.save(intent))
    return intent


def end(account: Account, intent: Document, call: Call, allowed: tuple[str, ...]) -> Document:
    if intent["status"] not in allowed:
        title = TITLES[intent["object"]]
        raise unexpected(
            intent,
            f"You cannot cancel this {title} because it has a status of {intent['status']}. Only a {title} with one of "
            f"the following statuses may be canceled: {', '.join(allowed)}.",
        )
    intent.update(status="canceled", next_action=None, cancellation_reason=call.choice("cancellation_reason", REASONS))
    account.announce(f"{intent['object']}.canceled", account.save(intent))
    return intent


def unexpected(intent: Document, message: str) -> StripeError:
    kind = intent["object"]
    return refused(message, f"{kind}_unexpected_state", **{kind: public(intent)})
