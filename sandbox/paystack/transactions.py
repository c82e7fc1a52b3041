"""A transaction from its page to its money: begun by the shop, paid, declined or left by the customer."""

import re
from decimal import ROUND_UP, Decimal
from typing import Any

from starlette.requests import Request

from sandbox.paystack.account import Account, Document, Refused, new_code, new_number, now

FEE_RATE = Decimal("0.015")
CARD = {
    "authorization_code": "AUTH_sandbox",
    "bin": "408408",
    "last4": "4081",
    "exp_month": "12",
    "exp_year": "2035",
    "channel": "card",
    "card_type": "visa",
    "bank": "TEST BANK",
    "country_code": "NG",
    "brand": "visa",
    "reusable": True,
    "signature": "SIG_sandbox",
    "account_name": None,
    "receiver_bank": None,
    "receiver_bank_account_number": None,
}
EMPTY = dict.fromkeys(
    "receipt_number message log fees_split plan order_id pos_transaction_data source fees_breakdown connect".split()
)


def initialize(account: Account, request: Request, asked: Document) -> Document:
    transaction = _new(account, asked)
    code = new_code()
    account.drawer.put("page", code, {"reference": transaction["reference"]})
    transaction |= {"_code": code, "_callback_url": asked.get("callback_url")}
    account.save("transaction", transaction)
    page = f"{asked['_base_url']}/checkout/{code}"
    return {"authorization_url": page, "access_code": code, "reference": transaction["reference"]}


def verify(account: Account, request: Request, asked: Document) -> Document:
    transaction = account.find("transaction", request.path_params["reference"])
    if transaction is None:
        step = "Ensure that you're passing the reference of a transaction that exists on this integration"
        raise Refused(400, "Transaction reference not found.", code="transaction_not_found", step=step)
    return transaction


def show(account: Account, request: Request, asked: Document) -> Document:
    return account.transaction(request.path_params["id"])


def approve(account: Account, transaction: Document) -> Document:
    """The customer pays: once, however often he tries."""
    if transaction["status"] in {"success", "reversed"}:
        return transaction
    amount, at = transaction["requested_amount"], now()
    fees = int((amount * FEE_RATE).to_integral_value(ROUND_UP))
    transaction |= {
        "status": "success",
        "gateway_response": "Successful",
        "amount": amount + fees if account.switches["fees_to_customer"] else amount,
        "fees": fees,
        "authorization": CARD,
        "paid_at": at,
        "paidAt": at,
    }
    account.announce("charge.success", account.save("transaction", transaction))
    return transaction


def decline(account: Account, transaction: Document) -> Document:
    """The bank says no, of which Paystack sends no word; the page stays open for another card."""
    return _leave(account, transaction, "failed", "Declined")


def abandon(account: Account, transaction: Document) -> Document:
    """The customer goes away and may come back."""
    return _leave(account, transaction, "abandoned", "The transaction was not completed")


def _leave(account: Account, transaction: Document, status: str, said: str) -> Document:
    if transaction["status"] not in {"success", "reversed"}:
        transaction |= {"status": status, "gateway_response": said}
        account.save("transaction", transaction)
    return transaction


def _new(account: Account, asked: Document) -> Document:
    reference, at = str(asked.get("reference") or new_code()), now()
    amount, currency = _amount(asked.get("amount")), asked.get("currency", account.switches["currencies"][0])
    email = str(asked.get("email", ""))
    if "@" not in email:
        raise Refused(400, "Invalid Email Address Passed", code="invalid_email_address")
    if not re.fullmatch(r"[A-Za-z0-9.=-]+", reference):
        raise Refused(400, "Reference has invalid characters", code="invalid_reference")
    if currency not in account.switches["currencies"]:
        raise Refused(403, "Currency not supported by merchant", code="unsupported_currency")
    if account.find("transaction", reference):
        step = "Try and create the Transaction or Charge with a new reference"
        raise Refused(400, "Duplicate Transaction Reference", code="duplicate_reference", step=step)
    return EMPTY | {
        "id": new_number(),
        "domain": "test",
        "status": "abandoned",
        "reference": reference,
        "amount": amount,
        "requested_amount": amount,
        "currency": currency,
        "fees": None,
        "channel": "card",
        "gateway_response": "The transaction was not completed",
        "paid_at": None,
        "paidAt": None,
        "created_at": at,
        "createdAt": at,
        "transaction_date": at,
        "ip_address": "127.0.0.1",
        "metadata": asked.get("metadata") or "",
        "authorization": {},
        "customer": _customer(email),
        "split": {},
        "plan_object": {},
        "subaccount": {},
    }


def _amount(asked: Any) -> int:
    if not re.fullmatch(r"[1-9]\d*", str(asked)):
        raise Refused(400, "Invalid Amount Sent", code="invalid_amount")
    return int(asked)


def _customer(email: str) -> Document:
    names = dict.fromkeys("first_name last_name metadata phone international_format_phone".split(), "")
    return {**names, "id": new_number(), "email": email, "customer_code": "CUS_sandbox", "risk_action": "default"}
