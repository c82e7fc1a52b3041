"""How PayPal speaks: ids, times, amounts, links and refusals."""

import random
import string
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

Document = dict[str, Any]

CURRENCIES = set(
    "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD".split()
)
WITHOUT_DECIMALS = {"HUF", "JPY", "TWD"}
NAMES = {
    400: ("INVALID_REQUEST", "Request is not well-formed, syntactically incorrect, or violates schema."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    409: ("RESOURCE_CONFLICT", "The server has detected a conflict while processing this request."),
    422: (
        "UNPROCESSABLE_ENTITY",
        "The requested action could not be performed, semantically incorrect, or failed business validation.",
    ),
    429: ("RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."),
    500: ("INTERNAL_SERVER_ERROR", "An internal server error occurred."),
}


class PayPalError(Exception):
    """A refusal; `issue` is the word that callers branch on."""

    def __init__(self, status: int, issue: str = "", description: str = "", field: str = "") -> None:
        super().__init__(f"{issue} {description}".strip())
        self.status = status
        self.detail = {"issue": issue, "description": description} | ({"field": field} if field else {})

    def response(self) -> Response:
        name, message = NAMES[self.status]
        debug_id = new_id(13).lower()
        body = {"name": name, "message": message, "debug_id": debug_id, "links": []}
        if self.detail["issue"]:
            body["details"] = [self.detail]
        return JSONResponse(body, self.status, {"PayPal-Debug-Id": debug_id})


def refused(issue: str, description: str = "") -> PayPalError:
    return PayPalError(422, issue, description or issue.replace("_", " ").capitalize() + ".")


def invalid(field: str, description: str, issue: str = "INVALID_PARAMETER_VALUE") -> PayPalError:
    return PayPalError(400, issue, description, field)


def missing() -> PayPalError:
    return PayPalError(
        404, "INVALID_RESOURCE_ID", "Specified resource ID does not exist. Please check it and try again."
    )


def new_id(length: int = 17) -> str:
    return "".join(random.choices(string.ascii_uppercase + string.digits, k=length))


def now(*, days: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def link(href: str, rel: str, method: str = "GET") -> Document:
    return {"href": href, "rel": rel, "method": method}


def money(value: Decimal, currency: str) -> Document:
    places = Decimal(1) if currency in WITHOUT_DECIMALS else Decimal("0.01")
    return {"currency_code": currency, "value": f"{value.quantize(places):f}"}


def amount_of(document: Document, field: str = "amount") -> Decimal:
    return Decimal(document[field]["value"])


def checked_amount(given: Any, field: str) -> Document:
    """The amount as it was sent, if PayPal would take it."""
    if not isinstance(given, dict) or not {"currency_code", "value"} <= given.keys():
        raise invalid(field, "A required field is missing.", "MISSING_REQUIRED_PARAMETER")
    currency = given["currency_code"]
    if currency not in CURRENCIES:
        raise refused("CURRENCY_NOT_SUPPORTED", "Currency code is not supported.")
    try:
        value = Decimal(given["value"]) if isinstance(given["value"], str) else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise invalid(f"{field}/value", "The value of a field is invalid.")
    if value <= 0:
        raise refused("CANNOT_BE_ZERO_OR_NEGATIVE", "Must be greater than zero.")
    places = -int(value.as_tuple().exponent)
    if places > 0 and currency in WITHOUT_DECIMALS:
        raise refused("DECIMALS_NOT_SUPPORTED", "Currency does not support decimals.")
    if places > 2:
        raise refused(
            "DECIMAL_PRECISION", "If the currency supports decimals, only two decimal place precision is supported."
        )
    return {"currency_code": currency, "value": given["value"]}


def checked_url(given: Any, field: str) -> str:
    if not isinstance(given, str) or urlsplit(given).scheme not in {"http", "https"} or not urlsplit(given).netloc:
        raise invalid(
            field, "The value of a field does not conform to the expected format.", "INVALID_PARAMETER_SYNTAX"
        )
    return given


@dataclass
class Call:
    """One request to the API; `mock` is the refusal that the caller has asked for."""

    path: str
    ids: dict[str, str]
    params: dict[str, str]
    body: Document
    request_id: str
    mock: str = ""
