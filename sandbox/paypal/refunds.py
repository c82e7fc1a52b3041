"""Refunds of captures, by the shop or in PayPal's panel; with `refund_pending` they take their time."""

from decimal import Decimal

from sandbox.paypal import disputes
from sandbox.paypal.account import Account
from sandbox.paypal.orders import left_of, refund_document
from sandbox.paypal.wire import Call, Document, amount_of, checked_amount, money, new_id, now, refused


def create(account: Account, call: Call) -> Document:
    return give_back(account, account.get("capture", call.ids["id"]), call.body)


def retrieve(account: Account, call: Call) -> Document:
    return account.get("refund", call.ids["id"])


def give_back(account: Account, taken: Document, wishes: Document) -> Document:
    amount = _amount(account, taken, wishes.get("amount"))
    refund = {
        "id": new_id(),
        "status": "PENDING" if account.manner.get("refund_pending") else "COMPLETED",
        "amount": amount,
        **_names(taken),  # which stay where the refund brings none of its own
        **{name: wishes[name] for name in ("custom_id", "invoice_id", "note_to_payer") if name in wishes},
        "create_time": now(),
        "_capture": taken["id"],
        "_order": taken["_order"],
    }
    account.save("refund", refund)
    refund["seller_payable_breakdown"] = _payable(account, taken, amount)
    _follow(account, taken)
    if account.save("refund", refund)["status"] == "COMPLETED":
        _announce(account, "PAYMENT.CAPTURE.REFUNDED", refund)
    return refund


def _names(taken: Document) -> Document:
    return {name: taken[name] for name in ("custom_id", "invoice_id") if name in taken}


def settle(account: Account, refund_id: str, status: str) -> Document:
    """What becomes of a pending refund: COMPLETED, FAILED or CANCELLED."""
    refund = account.get("refund", refund_id)
    if refund["status"] != "PENDING" or status not in {"COMPLETED", "FAILED", "CANCELLED"}:
        raise refused("NOT_PENDING", "Only a pending refund settles, as COMPLETED, FAILED or CANCELLED.")
    account.save("refund", refund | {"status": status})
    _follow(account, account.get("capture", refund["_capture"]))
    event_type = "PAYMENT.CAPTURE.REFUNDED" if status == "COMPLETED" else "PAYMENT.REFUND.FAILED"
    _announce(account, event_type, refund | {"status": status})
    return refund | {"status": status}


def reverse(account: Account, taken: Document) -> Document:
    """PayPal takes back all that is left; nobody of the shop has asked for it."""
    rest = money(left_of(account, taken), taken["amount"]["currency_code"])
    refund = {
        "id": new_id(),
        "status": "COMPLETED",
        "amount": rest,
        **_names(taken),
        "create_time": now(),
        "_capture": taken["id"],
        "_order": taken["_order"],
    }
    account.save("refund", refund)
    _follow(account, taken)
    _announce(account, "PAYMENT.CAPTURE.REVERSED", refund)
    return refund


def _amount(account: Account, taken: Document, given: Document | None) -> Document:
    rest, currency = left_of(account, taken), taken["amount"]["currency_code"]
    if taken["status"] == "PENDING":
        raise refused("PENDING_CAPTURE", "Cannot initiate a refund as the capture is pending.")
    if rest <= 0:
        raise refused("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded.")
    amount = checked_amount(given, "/amount") if given else money(rest, currency)
    if amount["currency_code"] != currency:
        raise refused("REFUND_CAPTURE_CURRENCY_MISMATCH", "Refund must be in the same currency as the capture.")
    if amount_of({"amount": amount}) > rest:
        raise refused("REFUND_AMOUNT_EXCEEDED", "The refund amount must be less than or equal to the capture amount.")
    if amount_of({"amount": amount}) < rest and disputes.open_for(account, taken["id"]):
        raise refused("TRANSACTION_DISPUTED", "Partial refunds cannot be offered while a case is open.")
    return amount


def _payable(account: Account, taken: Document, amount: Document) -> Document:
    """PayPal keeps its fee, so all that the customer gets is the shop's."""
    total = amount_of(taken) - left_of(account, taken)
    currency = amount["currency_code"]
    return {
        "gross_amount": amount,
        "paypal_fee": money(Decimal(0), currency),
        "net_amount": amount,
        "total_refunded_amount": money(total, currency),
    }


def _follow(account: Account, taken: Document) -> None:
    rest = left_of(account, taken)
    whole = amount_of(taken)
    taken["status"] = "COMPLETED" if rest == whole else "REFUNDED" if rest <= 0 else "PARTIALLY_REFUNDED"
    account.save("capture", taken)


def _announce(account: Account, event_type: str, refund: Document) -> None:
    amount = refund["amount"]
    summary = f"A {amount['currency_code']} {amount['value']} refund: {refund['status'].lower()}"
    account.announce(event_type, "refund", refund_document(account, refund), summary)
