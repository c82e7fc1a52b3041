"""Customers and their saved payment methods."""

from typing import Any

from sandbox.stripe import cards, charging, objects
from sandbox.stripe.account import Account, Document
from sandbox.stripe.wire import Call, StripeError, invalid, refused

TEXTS = ("email", "name", "phone", "description")


def create(account: Account, call: Call) -> Document:
    customer = account.save(_fill(objects.customer(), call))
    if call.text("payment_method"):
        charging.attach(account, resolve(account, call.required("payment_method")), customer["id"])
    account.announce("customer.created", customer)
    return customer


def update(account: Account, call: Call) -> Document:
    customer = account.get("customer", call.ids["id"])
    before = dict(customer)
    account.save(_fill(customer, call))
    account.announce("customer.updated", customer, {name: before[name] for name in call.params if name in before})
    return customer


def delete(account: Account, call: Call) -> Document:
    """Forget the person: their cards are detached, and the id answers as deleted from now on."""
    customer = account.get("customer", call.ids["id"])
    for method in account.newest("payment_method", customer=customer["id"]):
        account.save(method | {"customer": None, "_spent": True})
    account.announce("customer.deleted", customer)
    account.drawer.delete("customer", customer["id"])
    gone = {"id": customer["id"], "object": "customer", "deleted": True}
    account.drawer.put("_deleted_customer", customer["id"], gone)
    return gone


def retrieve(account: Account, call: Call) -> Document:
    return account.drawer.get("_deleted_customer", call.ids["id"]) or account.get("customer", call.ids["id"])


def attach_method(account: Account, call: Call) -> Document:
    method = resolve(account, call.ids["id"])
    customer = account.get("customer", call.required("customer"), "customer")
    if method["_spent"]:
        raise _used_up()
    if method["customer"] not in {None, customer["id"]}:
        raise refused("The payment method you provided has already been attached to a customer.")
    if charging.card_of(method).token.startswith("pm_card_chargeDeclined"):
        decline = charging.card_of(method).decline
        raise cards.card_error(decline)  # the bank says no to the check that comes with saving
    return charging.attach(account, method, customer["id"])


def detach_method(account: Account, call: Call) -> Document:
    method = account.get("payment_method", call.ids["id"])
    if method["customer"] is None:
        raise refused(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            "payment_method_unexpected_state",
        )
    customer = method["customer"]
    method.update(customer=None, _spent=True)
    account.announce("payment_method.detached", account.save(method), {"customer": customer})
    return method


def retrieve_method(account: Account, call: Call) -> Document:
    return resolve(account, call.ids["id"])


def resolve(account: Account, key: str, param: str = "payment_method") -> Document:
    """The payment method with this id; a name like pm_card_visa makes a new one of that card."""
    if key in cards.BY_TOKEN:
        return account.save(_of_card(cards.BY_TOKEN[key], {}, {}))
    return account.get("payment_method", key, param)


def from_data(account: Account, data: dict[str, Any]) -> Document:
    """Make the payment method that payment_method_data describes, raw card number included."""
    if data.get("type") != "card" or not isinstance(data.get("card"), dict):
        raise invalid("Only cards can be used here.", "payment_method_data[type]")
    card = data["card"]
    if not card.get("number"):
        param = "payment_method_data[card][number]"
        raise invalid(f"Missing required param: {param}.", param, "parameter_missing")
    return account.save(_of_card(cards.by_number(card["number"]), card, data.get("billing_details") or {}))


def usable_by(account: Account, method: Document, customer: str | None) -> Document:
    """Refuse a method that is used up or another customer's."""
    if method["_spent"]:
        raise _used_up()
    if method["customer"] and not customer:
        raise refused(
            f"The payment method {method['id']} belongs to a customer. Please include the customer in the `customer` "
            "parameter.",
            "payment_method_unexpected_state",
            param="payment_method",
        )
    if method["customer"] and method["customer"] != customer:
        raise refused(
            f"The customer does not have a payment method with the ID {method['id']}. The payment method must be "
            "attached to the customer.",
            "resource_missing",
            param="payment_method",
        )
    return method


def _used_up() -> StripeError:
    return refused(
        "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was "
        "detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it "
        "to a Customer first."
    )


def _of_card(card: cards.Card, details: dict[str, Any], billing: dict[str, Any]) -> Document:
    year = int(details.get("exp_year", objects.this_year() + 4))
    return objects.payment_method(card, exp_month=int(details.get("exp_month", 12)), exp_year=year, billing=billing)


def _fill(customer: Document, call: Call) -> Document:
    for name in TEXTS:
        if name in call.params:
            customer[name] = call.text(name)
    for name in ("address", "shipping"):
        if name in call.params:
            customer[name] = call.group(name) or None
    default = call.group("invoice_settings").get("default_payment_method")
    if default is not None:
        customer["invoice_settings"] = customer["invoice_settings"] | {"default_payment_method": default or None}
    customer["metadata"] = call.metadata(customer["metadata"])
    return customer
