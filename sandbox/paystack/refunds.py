"""Refunds: queued by the shop or in the panel, processed some time later, and never under a key."""

from starlette.requests import Request

from sandbox.paystack.account import Account, Document, Refused, new_number, now, page_of

OVER = {"processed", "failed"}


def create(account: Account, request: Request, asked: Document) -> Document:
    """Queue a refund, and answer as Paystack does here alone: with the transaction instead of its number."""
    transaction = account.transaction(asked.get("transaction"))
    if transaction["status"] not in {"success", "reversed"}:
        raise Refused(400, "Transaction has not been paid", code="invalid_transaction_status")
    left = transaction["amount"] - _given_back(account, transaction)
    amount = int(asked.get("amount") or left)
    if not 0 < amount <= left:
        raise Refused(400, "Refund amount cannot be more than transaction amount", code="invalid_refund_amount")
    refund = queue(account, transaction, amount, asked)
    seconds, number = account.switches["refund_seconds"], refund["id"]
    account.later(seconds, lambda: settle(account, account.get("refund", number)))
    inner = transaction | {"authorization": dict.fromkeys(["exp_month", "exp_year", "account_name"])}
    return refund | {
        "transaction": inner | {"plan": {}, "subaccount": {"currency": None}},
        "fully_deducted": False,
        "channel": None,
    }


def queue(account: Account, transaction: Document, amount: int, asked: Document) -> Document:
    reference, at = transaction["reference"], now()
    note = f"Refund for transaction {reference}"
    refund: Document = {
        "id": new_number(),
        "integration": 100001,
        "domain": "test",
        "transaction": transaction["id"],
        "transaction_reference": reference,
        "transaction_amount": transaction["amount"],
        "customer": transaction["customer"],
        "amount": amount,
        "currency": transaction["currency"],
        "deducted_amount": 0,
        "fully_deducted": 0,
        "status": "pending",
        "dispute": asked.get("_dispute"),
        "settlement": None,
        "customer_note": asked.get("customer_note") or note,
        "merchant_note": asked.get("merchant_note") or f"{note} by staff@shop.test",
        "reason": "",
        "refund_type": "full" if amount == transaction["amount"] else "partial",
        "refund_channel": "card",
        "refunded_by": "staff@shop.test",
        "initiated_by": "staff@shop.test",
        "refunded_at": None,
        "expected_at": at,
        "createdAt": at,
        "updatedAt": at,
        "bank_reference": None,
        "session_id": None,
        "collect_account_number": False,
    }
    account.save("refund", refund)
    _announce(account, refund)
    return refund


def list_all(account: Account, request: Request, asked: Document) -> Document:
    """Those of every transaction, newest first; a filter on one there is not."""
    since, until = asked.get("from", ""), asked.get("to", "9999")
    found = [one for one in account.newest("refund") if since <= one["createdAt"] <= until]
    answer = page_of(found, asked)
    failed = sum(one["status"] == "failed" for one in found)
    answer["meta"] |= {"perPage": str(answer["meta"]["perPage"]), "failedRefundCount": failed}
    return answer


def show(account: Account, request: Request, asked: Document) -> Document:
    return account.get("refund", request.path_params["id"])


def settle(account: Account, refund: Document, status: str = "processed") -> Document:
    """Time passes: the refund is processing, processed, failed, or needs-attention. What is over stays as it is."""
    if refund["status"] in OVER:
        return refund
    is_done = status == "processed"
    refund |= {"status": status, "updatedAt": now(), "refunded_at": now() if is_done else None}
    refund["deducted_amount"] = refund["amount"] if is_done else 0
    account.save("refund", refund)
    transaction = account.transaction(refund["transaction"])
    if is_done and _given_back(account, transaction, only={"processed"}) == transaction["amount"]:
        account.save("transaction", transaction | {"status": "reversed"})
    _announce(account, refund)
    return refund


def _given_back(account: Account, transaction: Document, only: set[str] | None = None) -> int:
    counted = only or {"pending", "processing", "needs-attention", "processed"}
    refunds = [one for one in account.newest("refund") if one["transaction"] == transaction["id"]]
    return sum(one["amount"] for one in refunds if one["status"] in counted)


def _announce(account: Account, refund: Document) -> None:
    """Events write the amount as text, and do not number the refund."""
    told = {name: refund[name] for name in ("status", "transaction_reference", "currency", "domain", "integration")}
    more = {"refund_reference": refund["bank_reference"], "amount": str(refund["amount"]), "processor": "sandbox"}
    account.announce(f"refund.{refund['status']}", {**told, **more, "customer": refund["customer"]})
