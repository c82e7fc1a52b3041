"""Orders and captures: created by the shop, approved or not by the customer, captured by the shop."""

from decimal import Decimal

from sandbox.paypal.account import Account, public
from sandbox.paypal.wire import (
    Call,
    Document,
    PayPalError,
    amount_of,
    checked_amount,
    checked_url,
    invalid,
    link,
    money,
    new_id,
    now,
    refused,
)

PAYER = {
    "email_address": "ada@example.test",
    "account_id": "QYR5Z8XDVJNXQ",
    "account_status": "VERIFIED",
    "name": {"given_name": "Ada", "surname": "Lovelace"},
    "address": {"country_code": "VE"},
}
OPEN = {"CREATED", "PAYER_ACTION_REQUIRED", "APPROVED"}


def create(account: Account, call: Call) -> Document:
    if call.body.get("intent") != "CAPTURE":
        raise invalid("/intent", "The value of a field is invalid.")
    units = call.body.get("purchase_units")
    if not isinstance(units, list) or len(units) != 1:
        raise invalid("/purchase_units", "One purchase unit is what this sandbox knows.", "INVALID_ARRAY_MAX_ITEMS")
    source = call.body.get("payment_source", {}).get("paypal")
    if source is not None and not call.request_id:
        raise PayPalError(400, "PAYPAL_REQUEST_ID_REQUIRED", "A PayPal-Request-Id is required to process a payment.")
    experience = (source or call.body.get("application_context", {})).get("experience_context", {})
    order = {
        "id": new_id(),
        "intent": "CAPTURE",
        "status": "CREATED" if source is None else "PAYER_ACTION_REQUIRED",
        "payment_source": {"paypal": {}},
        "purchase_units": [_unit(units[0])],
        "create_time": now(),
        "_brand": str(experience.get("brand_name", "The shop")),
        **{
            f"_{name}": checked_url(experience.get(name), f"/payment_source/paypal/experience_context/{name}")
            for name in ("return_url", "cancel_url")
        },
    }
    return account.save("order", order)


def _unit(given: Document) -> Document:
    texts = {name: given[name] for name in ("description", "custom_id", "invoice_id") if name in given}
    for name, text in texts.items():
        if not isinstance(text, str) or not 1 <= len(text) <= 127:
            raise invalid(f"/purchase_units/@reference_id=='default'/{name}", "1 to 127 characters.")
    return {
        "reference_id": given.get("reference_id", "default"),
        "amount": checked_amount(given.get("amount"), "/purchase_units/@reference_id=='default'/amount"),
        "payee": {"email_address": "shop@example.test", "merchant_id": "QYR5Z8XDVJNXQ"},
        **texts,
    }


def retrieve(account: Account, call: Call) -> Document:
    return account.get("order", call.ids["id"])


def capture(account: Account, call: Call) -> Document:
    """Take the money, if the customer has agreed; with `capture_pending` PayPal looks at it for a while."""
    order = account.get("order", call.ids["id"])
    unit = order["purchase_units"][0]
    if order["status"] == "COMPLETED":
        raise refused(
            "ORDER_ALREADY_CAPTURED", "Order already captured. If 'intent=CAPTURE' only one capture is allowed."
        )
    if order.get("_expired"):
        raise refused("ORDER_EXPIRED", "The order has expired.")
    if order["status"] != "APPROVED":
        raise refused("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")
    if call.mock:
        raise refused(call.mock)
    if order.get("_instrument_declined"):
        order.update(status="PAYER_ACTION_REQUIRED")
        account.save("order", order)
        raise refused("INSTRUMENT_DECLINED", "The instrument presented was either declined by the processor or bank.")
    if any(one["_takes"] and one.get("invoice_id") == unit.get("invoice_id", "") for one in _captures(account)):
        raise refused("DUPLICATE_INVOICE_ID", "Duplicate Invoice ID detected.")
    _take(account, order, account.manner.get("capture_pending"))
    return order


def _captures(account: Account) -> list[Document]:
    return account.drawer.newest("capture")


def _take(account: Account, order: Document, pending: str | None) -> None:
    unit = order["purchase_units"][0]
    taken = {
        "id": new_id(),
        "status": "PENDING" if pending else "COMPLETED",
        **({"status_details": {"reason": pending}} if pending else {}),
        "amount": unit["amount"],
        "final_capture": True,
        "seller_protection": {
            "status": "ELIGIBLE",
            "dispute_categories": ["ITEM_NOT_RECEIVED", "UNAUTHORIZED_TRANSACTION"],
        },
        **({} if pending else {"seller_receivable_breakdown": _receivable(unit["amount"])}),
        **{name: unit[name] for name in ("custom_id", "invoice_id") if name in unit},
        "create_time": now(),
        "_order": order["id"],
        "_takes": True,
    }
    account.save("capture", taken)
    order["status"] = "COMPLETED"
    account.save("order", order)
    announce_capture(account, taken)
    account.announce("CHECKOUT.ORDER.COMPLETED", "checkout-order", order_document(account, order), "Order completed.")


def _receivable(amount: Document) -> Document:
    """3.49 percent and 49 cents, as if the customer were in the account's country."""
    gross, currency = Decimal(amount["value"]), amount["currency_code"]
    fee = Decimal(money(min(gross, gross * Decimal("0.0349") + Decimal("0.49")), currency)["value"])
    return {
        "gross_amount": amount,
        "paypal_fee": money(fee, currency),
        "net_amount": money(gross - fee, currency),
    }


def settle(account: Account, capture_id: str, status: str) -> Document:
    """PayPal has looked at a pending capture, and lets it pass or not."""
    pending = account.get("capture", capture_id)
    if pending["status"] != "PENDING" or status not in {"COMPLETED", "DECLINED"}:
        raise refused("NOT_PENDING", "Only a pending capture settles, as COMPLETED or DECLINED.")
    pending["status"] = status
    pending.pop("status_details", None)
    if status == "COMPLETED":
        pending["seller_receivable_breakdown"] = _receivable(pending["amount"])
    pending["_takes"] = status == "COMPLETED"
    announce_capture(account, account.save("capture", pending))
    return pending


def approve(account: Account, order_id: str, *, instrument_declined: bool = False) -> Document:
    """The customer agrees on PayPal's page; with a declined instrument the shop learns so only when it captures."""
    order = account.get("order", order_id)
    if order["status"] not in OPEN or order.get("_expired"):
        raise refused("ORDER_CANNOT_BE_APPROVED", f"The order is {order['status']}.")
    order.update(status="APPROVED", payment_source={"paypal": PAYER}, _instrument_declined=instrument_declined)
    account.save("order", order)
    document = order_document(account, order)
    account.announce("CHECKOUT.ORDER.APPROVED", "checkout-order", document, "An order has been approved by buyer")
    return order


def decline(account: Account, order_id: str) -> Document:
    """The customer goes back to the shop; the order stays as it is, and payable."""
    return account.get("order", order_id)


def expire(account: Account, order_id: str) -> Document:
    order = account.get("order", order_id)
    if order["status"] == "COMPLETED":
        raise refused("ORDER_ALREADY_CAPTURED")
    return account.save("order", order | {"_expired": True})


def order_document(account: Account, order: Document) -> Document:
    """The whole order with what was paid and given back, as `Prefer: return=representation` shows it."""
    document = public(order)
    captures = [_capture_in_order(account, one) for one in account.of_order("capture", order["id"])]
    refunds = [refund_document(account, one) for one in account.of_order("refund", order["id"])]
    payments = {kind: found for kind, found in (("captures", captures), ("refunds", refunds)) if found}
    unit = order["purchase_units"][0] | ({"payments": payments} if payments else {})
    return document | {"purchase_units": [unit], "links": _order_links(account, order)}


def _order_links(account: Account, order: Document) -> list[Document]:
    here = f"{account.base}/v2/checkout/orders/{order['id']}"
    page = f"{account.base}/checkoutnow?token={order['id']}"
    links = [link(here, "self")]
    if order["status"] == "PAYER_ACTION_REQUIRED":
        links.append(link(page, "payer-action"))
    if order["status"] == "CREATED":
        links += [link(page, "approve"), link(f"{here}/capture", "capture", "POST")]
    if order["status"] == "APPROVED":
        links += [link(here, "update", "PATCH"), link(f"{here}/capture", "capture", "POST")]
    return links


def capture_document(account: Account, taken: Document) -> Document:
    related = {"related_ids": {"order_id": taken["_order"]}}
    return _capture_in_order(account, taken) | {"supplementary_data": related}


def _capture_in_order(account: Account, taken: Document) -> Document:
    here = f"{account.base}/v2/payments/captures/{taken['id']}"
    return public(taken) | {
        "links": [
            link(here, "self"),
            link(f"{here}/refund", "refund", "POST"),
            link(f"{account.base}/v2/checkout/orders/{taken['_order']}", "up"),
        ],
    }


def refund_document(account: Account, refund: Document) -> Document:
    return public(refund) | {
        "links": [
            link(f"{account.base}/v2/payments/refunds/{refund['id']}", "self"),
            link(f"{account.base}/v2/payments/captures/{refund['_capture']}", "up"),
        ]
    }


def announce_capture(account: Account, taken: Document) -> None:
    event_type = f"PAYMENT.CAPTURE.{taken['status']}"
    amount = taken["amount"]
    summary = f"Payment {taken['status'].lower()} for {amount['currency_code']} {amount['value']}"
    account.announce(event_type, "capture", capture_document(account, taken), summary)


def left_of(account: Account, taken: Document) -> Decimal:
    """What is left of a capture after its refunds."""
    returned = [one for one in account.of_order("refund", taken["_order"]) if one["status"] in {"COMPLETED", "PENDING"}]
    return amount_of(taken) - sum((amount_of(one) for one in returned), Decimal(0))
