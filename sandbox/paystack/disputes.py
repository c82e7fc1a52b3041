"""Disputes: opened by the customer's bank, resolved one way or the other."""

from datetime import UTC, datetime, timedelta

from starlette.requests import Request

from sandbox.paystack import refunds
from sandbox.paystack.account import Account, Document, new_number, now, page_of

RESOLUTIONS = ["declined", "merchant-accepted", "auto-accepted"]  # the first lets the merchant keep the money


def dispute(account: Account, transaction: Document, *, category: str, amount: int | None) -> Document:
    at, due = now(), datetime.now(UTC) + timedelta(days=2)
    told = {"sender": transaction["customer"]["email"], "body": "I did not buy this", "createdAt": at}
    disputed: Document = {
        "id": new_number(),
        "refund_amount": amount or transaction["amount"],
        "currency": transaction["currency"],
        "status": "awaiting-merchant-feedback",
        "resolution": None,
        "domain": "test",
        "transaction": transaction | {"plan": {}, "metadata": _metadata(transaction)},
        "transaction_reference": None,
        "category": category,
        "customer": transaction["customer"],
        "bin": "408408",
        "last4": "4081",
        "dueAt": due.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "resolvedAt": None,
        "evidence": None,
        "attachments": None,
        "note": None,
        "history": [{"status": "pending", "by": transaction["customer"]["email"], "createdAt": at}],
        "messages": [told],
        **dict.fromkeys(["createdAt", "updatedAt", "created_at", "updated_at"], at),  # the API's words and the events'
    }
    account.announce("charge.dispute.create", account.save("dispute", disputed))
    return disputed


def remind(account: Account, disputed: Document) -> Document:
    account.announce("charge.dispute.remind", disputed)
    return disputed


def resolve(account: Account, disputed: Document, resolution: str) -> Document:
    """End it; what is accepted goes back to the customer, as a refund that bears the dispute's number."""
    if disputed["status"] == "resolved":
        return disputed
    disputed |= {"status": "resolved", "resolution": resolution, "resolvedAt": now(), "updatedAt": now()}
    account.announce("charge.dispute.resolve", account.save("dispute", disputed))
    if resolution != "declined":
        transaction = account.transaction(disputed["transaction"]["id"])
        back = refunds.queue(account, transaction, disputed["refund_amount"], {"_dispute": disputed["id"]})
        refunds.settle(account, back)
    return disputed


def list_all(account: Account, request: Request, asked: Document) -> Document:
    wanted, status = asked.get("transaction"), asked.get("status")
    found = [
        one
        for one in account.newest("dispute")
        if wanted in {None, str(one["transaction"]["id"])} and status in {None, one["status"]}
    ]
    return page_of(found, asked)


def show(account: Account, request: Request, asked: Document) -> Document:
    return account.get("dispute", request.path_params["id"])


def _metadata(transaction: Document) -> Document:
    kept = transaction["metadata"]
    return {"custom_fields": [], **(kept if isinstance(kept, dict) else {})}
