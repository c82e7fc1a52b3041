"""Disputes: the customer complains to PayPal, or his bank does, and somebody decides."""

from decimal import Decimal

from sandbox.paypal.account import Account, public
from sandbox.paypal.wire import Call, Document, checked_amount, link, money, new_id, now, refused

OUTCOMES = {"RESOLVED_BUYER_FAVOUR", "RESOLVED_SELLER_FAVOUR", "RESOLVED_WITH_PAYOUT", "CANCELED_BY_BUYER"}
OUTCOMES |= {"ACCEPTED", "DENIED"}
IN_THE_LIST = "dispute_id create_time update_time reason status dispute_state dispute_amount".split()
IN_THE_LIST += "dispute_life_cycle_stage dispute_channel seller_response_due_date".split()


def listing(account: Account, call: Call) -> Document:
    """Without the outcome, which only a dispute itself tells."""
    wanted = call.params.get("disputed_transaction_id")
    found = [one for one in account.drawer.newest("dispute") if wanted in {None, one["_capture"]}]
    items = [
        {name: one[name] for name in IN_THE_LIST if name in one} | {"links": [_self(account, one)]} for one in found
    ]
    here = f"{account.base}/v1/customer/disputes"
    return ({"items": items} if items else {}) | {"links": [link(here, "self")]}


def retrieve(account: Account, call: Call) -> Document:
    return account.get("dispute", call.ids["id"])


def begin(account: Account, taken: Document, wishes: Document) -> Document:
    capture_status = {"reason": "CHARGEBACK" if wishes.get("stage") == "CHARGEBACK" else "BUYER_COMPLAINT"}
    amount = checked_amount(wishes["amount"], "/amount") if "amount" in wishes else taken["amount"]
    number = f"PP-R-{new_id(3)}-{new_id(8)}"
    dispute = {
        "id": number,
        "dispute_id": number,
        "create_time": now(),
        "disputed_transactions": [
            {
                "buyer_transaction_id": new_id(),
                "seller_transaction_id": taken["id"],
                "create_time": taken["create_time"],
                "transaction_status": taken["status"],
                "gross_amount": taken["amount"],
                **({"invoice_number": taken["invoice_id"]} if "invoice_id" in taken else {}),
                **({"custom": taken["custom_id"]} if "custom_id" in taken else {}),
                "buyer": {"name": "Ada Lovelace"},
                "seller": {"merchant_id": "QYR5Z8XDVJNXQ", "name": "The shop"},
            }
        ],
        "reason": wishes.get("reason", "MERCHANDISE_OR_SERVICE_NOT_RECEIVED"),
        "status": "WAITING_FOR_SELLER_RESPONSE",
        "dispute_state": "REQUIRED_ACTION",
        "dispute_amount": amount,
        "dispute_life_cycle_stage": wishes.get("stage", "INQUIRY"),
        "dispute_channel": "INTERNAL",
        "seller_response_due_date": now(days=10),
        "_capture": taken["id"],
    }
    account.save("capture", taken | {"status_details": capture_status})
    account.save("dispute", dispute)
    _announce(account, "CREATED", dispute)
    return dispute


def resolve(account: Account, dispute_id: str, outcome: str) -> Document:
    dispute = account.get("dispute", dispute_id)
    if outcome not in OUTCOMES or dispute["status"] == "RESOLVED":
        raise refused("ACTION_NOT_ALLOWED", f"An open dispute ends as one of {', '.join(sorted(OUTCOMES))}.")
    is_lost = outcome in {"RESOLVED_BUYER_FAVOUR", "ACCEPTED"}
    nothing = money(Decimal(0), dispute["dispute_amount"]["currency_code"])
    dispute |= {
        "status": "RESOLVED",
        "dispute_state": "RESOLVED",
        "dispute_outcome": {
            "outcome_code": outcome,
            "amount_refunded": dispute["dispute_amount"] if is_lost else nothing,
        },
    }
    dispute.pop("seller_response_due_date", None)
    account.save("dispute", dispute)
    _announce(account, "RESOLVED", dispute)
    return dispute


def open_for(account: Account, capture_id: str) -> bool:
    disputes = account.drawer.newest("dispute")
    return any(one["_capture"] == capture_id and one["status"] != "RESOLVED" for one in disputes)


def document(account: Account, dispute: Document) -> Document:
    shown = {name: value for name, value in public(dispute).items() if name not in {"id", "dispute_state"}}
    return shown | {"links": [_self(account, dispute)]}


def _self(account: Account, dispute: Document) -> Document:
    return link(f"{account.base}/v1/customer/disputes/{dispute['id']}", "self")


def _announce(account: Account, what: str, dispute: Document) -> None:
    summary = f"Dispute {what.lower()}: {dispute['id']}"
    account.announce(f"CUSTOMER.DISPUTE.{what}", "dispute", document(account, dispute), summary)
