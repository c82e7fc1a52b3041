"""Lists as Stripe pages them, and `expand`."""

import re
from typing import Any

from sandbox.stripe.account import Account, Document
from sandbox.stripe.wire import Call, invalid, missing, public

COMPARE = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}
KIND_OF_FIELD = {
    "latest_charge": "charge",
    "charge": "charge",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "default_payment_method": "payment_method",
    "customer": "customer",
    "balance_transaction": "balance_transaction",
    "failure_balance_transaction": "balance_transaction",
}


def page(account: Account, call: Call, kind: str, documents: list[Document]) -> dict[str, Any]:
    """One page of these documents, which come newest first: limit, starting_after, ending_before, created."""
    limit = call.integer("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("Invalid integer: limit must be between 1 and 100.", "limit", "parameter_invalid_integer")
    fitting = [one for one in documents if _created_fits(call, one)]
    rest, backwards = _from_cursor(call, kind, fitting)
    shown = rest[-limit:] if backwards else rest[:limit]
    return {"object": "list", "url": call.path, "has_more": len(rest) > limit, "data": shown}


def _created_fits(call: Call, document: Document) -> bool:
    wanted = call.params.get("created")
    if wanted is None:
        return True
    bounds = wanted if isinstance(wanted, dict) else {"gte": wanted, "lte": wanted}
    if not bounds.keys() <= COMPARE.keys() or not all(re.fullmatch(r"\d+", str(bound)) for bound in bounds.values()):
        raise invalid(f"Invalid created: {wanted}", "created")
    return all(COMPARE[name](document["created"], int(bound)) for name, bound in bounds.items())


def _from_cursor(call: Call, kind: str, documents: list[Document]) -> tuple[list[Document], bool]:
    ids = [one["id"] for one in documents]
    for name in ("starting_after", "ending_before"):
        key = call.text(name)
        if key is None:
            continue
        if key not in ids:
            raise missing(kind, key, name)
        place = ids.index(key)
        return (documents[place + 1 :], False) if name == "starting_after" else (documents[:place], True)
    return documents, False


def render(account: Account, call: Call, answer: dict[str, Any]) -> dict[str, Any]:
    """What leaves the building: no private field, and ids replaced by objects where `expand` asks for it."""
    if answer["object"] == "list":
        paths = [path.removeprefix("data.") for path in call.expand]
        return answer | {"data": [_expanded(account, public(one), paths) for one in answer["data"]]}
    return _expanded(account, public(answer), call.expand)


def _expanded(account: Account, document: Document, paths: list[str]) -> Document:
    for path in paths:
        if path.count(".") >= 4:
            raise invalid("You cannot expand more than 4 levels of a property.", "expand")
        _expand(account, document, path.split("."))
    return document


def _expand(account: Account, document: Document, path: list[str]) -> None:
    field, *deeper = path
    if field == "refunds" and document.get("object") == "charge":
        document["refunds"] = _refunds_of(account, document)
        return
    if field not in document or (field not in KIND_OF_FIELD and not isinstance(document[field], dict)):
        raise invalid(f"This property cannot be expanded ({field}).", "expand")
    if isinstance(document[field], str):
        document[field] = public(account.get(KIND_OF_FIELD[field], document[field]))
    if deeper and document[field] is not None:
        _expand(account, document[field], deeper)


def _refunds_of(account: Account, charged: Document) -> dict[str, Any]:
    refunds = account.newest("refund", charge=charged["id"])
    return {
        "object": "list",
        "data": [public(one) for one in refunds],
        "has_more": False,
        "url": f"/v1/charges/{charged['id']}/refunds",
    }
