"""The shape of every object, as the API version in wire.py gives it; who may change what is decided elsewhere."""

import time
from typing import Any

from sandbox.stripe.account import Document, new_id
from sandbox.stripe.cards import Card, Decline
from sandbox.stripe.wire import words

NO_ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
NO_BILLING = {"address": NO_ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None}


def this_year() -> int:
    return time.gmtime().tm_year


def now() -> int:
    return int(time.time())


def _base(kind: str, prefix: str, length: int = 24) -> Document:
    return {"id": new_id(prefix, length), "object": kind, "created": now(), "livemode": False, "metadata": {}}


def _intent(kind: str, prefix: str) -> Document:
    intent = _base(kind, prefix)
    return intent | {
        "allowed_payment_method_types": None,
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{intent['id']}_{new_id('secret', 25)}",
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    }


def payment_intent(*, amount: int, currency: str) -> Document:
    return _intent("payment_intent", "pi") | {
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application_fee_amount": None,
        "canceled_at": None,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "currency": currency,
        "last_payment_error": None,
        "latest_charge": None,
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "transfer_data": None,
        "transfer_group": None,
    }


def setup_intent(*, usage: str) -> Document:
    return _intent("setup_intent", "seti") | {
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "mandate": None,
        "single_use_mandate": None,
        "usage": usage,
    }


def customer() -> Document:
    return _base("customer", "cus", 14) | {
        "address": None,
        "balance": 0,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": new_id("", 8)[1:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def payment_method(card: Card, *, exp_month: int, exp_year: int, billing: dict[str, Any]) -> Document:
    return _base("payment_method", "pm") | {
        "_number": card.number,
        "_set_up": False,
        "_spent": False,
        "allow_redisplay": "unspecified",
        "billing_details": NO_BILLING | billing | {"address": NO_ADDRESS | (billing.get("address") or {})},
        "card": {
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "unchecked"},
            "country": "US",
            "display_brand": card.brand,
            "exp_month": exp_month,
            "exp_year": exp_year,
            "fingerprint": _fingerprint(card),
            "funding": "debit" if card.token.endswith("_debit") else "credit",
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "customer": None,
        "customer_account": None,
        "type": "card",
    }


def _fingerprint(card: Card) -> str:
    """The same number has the same fingerprint everywhere in an account, and never tells the number."""
    return f"sandbox{int(card.number) * 7919 % 1_000_000_007:09d}"


def charge(intent: Document, method: Document, decline: Decline | None) -> Document:
    """A successful charge, captured or only authorised as the intent wants it, or a failed one."""
    captured = decline is None and intent["capture_method"] != "manual"
    return _base("charge", "ch") | {
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if captured else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SANDBOX SHOP",
        "captured": captured,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline and decline.code,
        "failure_message": decline and decline.message,
        "fraud_details": {},
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": _outcome(decline),
        "paid": decline is None,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"card": _card_details(intent, method), "type": "card"},
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "succeeded" if decline is None else "failed",
        "transfer_data": None,
        "transfer_group": None,
    }


def _outcome(decline: Decline | None) -> Document:
    nothing = {"advice_code": None, "network_advice_code": None, "network_decline_code": None, "reason": None}
    if decline is None:
        words = {"network_status": "approved_by_network", "seller_message": "Payment complete.", "type": "authorized"}
    else:
        words = {
            "network_status": "declined_by_network",
            "reason": decline.decline_code,
            "seller_message": "The bank did not return any further details with this decline.",
            "type": "issuer_declined",
        }
    return nothing | {"risk_level": "normal", "risk_score": 20} | words


def _card_details(intent: Document, method: Document) -> Document:
    card = method["card"]
    same = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "wallet")
    return {name: card[name] for name in (*same, "regulated_status")} | {
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "three_d_secure": None,
    }


def balance_transaction(kind: str, *, source: Document, amount: int, fee: int) -> Document:
    document = _base("balance_transaction", "txn")
    for name in ("livemode", "metadata"):
        del document[name]
    details = {"amount": fee, "application": None, "currency": source["currency"], "type": "stripe_fee"}
    return document | {
        "amount": amount,
        "available_on": document["created"] + 2 * 24 * 3600,
        "balance_type": "payments",
        "currency": source["currency"],
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{**details, "description": "Stripe processing fees"}] if fee else [],
        "net": amount - fee,
        "reporting_category": "dispute" if kind == "adjustment" else kind,
        "source": source["id"],
        "status": "pending",
        "type": kind,
    }


def refund(charged: Document, *, amount: int, reason: str | None, status: str) -> Document:
    document = _base("refund", "re")
    del document["livemode"]
    return document | {
        "amount": amount,
        "balance_transaction": None,
        "charge": charged["id"],
        "currency": charged["currency"],
        "customer": charged["customer"],
        "customer_account": None,
        "destination_details": {"card": {"reference_status": "pending", "type": "refund"}, "type": "card"},
        "payment_intent": charged["payment_intent"],
        "payment_method": charged["payment_method"],
        "pending_reason": "processing" if status == "pending" else None,
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }


EVIDENCE = words("""
    access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal
    customer_communication customer_email_address customer_name customer_purchase_ip customer_signature
    duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt
    refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation
    shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number uncategorized_file
    uncategorized_text
""")


def dispute(charged: Document, *, reason: str) -> Document:
    document = _base("dispute", "du")
    return document | {
        "amount": charged["amount"],
        "balance_transactions": [],
        "charge": charged["id"],
        "currency": charged["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(sorted(EVIDENCE)), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": document["created"] + 9 * 24 * 3600,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "payment_intent": charged["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": charged["payment_method_details"]["card"]["brand"],
                "case_type": "chargeback",
                "network_reason_code": "10.4" if reason == "fraudulent" else "13.1",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }


def webhook_endpoint(*, url: str, enabled_events: list[str], api_version: str | None) -> Document:
    return _base("webhook_endpoint", "we") | {
        "_secret": new_id("whsec", 32),
        "api_version": api_version,
        "application": None,
        "description": None,
        "enabled_events": enabled_events,
        "status": "enabled",
        "url": url,
    }
