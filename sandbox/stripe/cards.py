"""Stripe's test cards: what each number, and the ready-made payment method for it, makes happen.

Source: https://docs.stripe.com/testing
"""

from dataclasses import dataclass
from typing import Any

from sandbox.stripe.wire import StripeError


@dataclass(frozen=True)
class Decline:
    code: str
    decline_code: str
    message: str


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
LOST = Decline("card_declined", "lost_card", "Your card was declined.")
STOLEN = Decline("card_declined", "stolen_card", "Your card was declined.")
EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.")
BAD_CVC = Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")
PROCESSING = Decline(
    "processing_error", "processing_error", "An error occurred while processing your card. Try again in a little bit."
)
UNAUTHENTICATED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)


@dataclass(frozen=True)
class Card:
    """`authenticate` is "", "always" or "unless_set_up"; `refund` is "", "late_success" or "late_failure"."""

    number: str
    token: str
    title: str
    decline: Decline | None = None
    authenticate: str = ""
    dispute: str = ""
    refund: str = ""
    brand: str = "visa"

    @property
    def last4(self) -> str:
        return self.number[-4:]


CARDS = [
    Card("4242424242424242", "pm_card_visa", "Succeeds"),
    Card("4000056655665556", "pm_card_visa_debit", "Succeeds, Visa debit"),
    Card("5555555555554444", "pm_card_mastercard", "Succeeds, Mastercard", brand="mastercard"),
    Card("378282246310005", "pm_card_amex", "Succeeds, American Express", brand="amex"),
    Card("4000000000000002", "pm_card_chargeDeclined", "Declined", GENERIC),
    Card("4000000000009995", "pm_card_chargeDeclinedInsufficientFunds", "Declined: insufficient funds", FUNDS),
    Card("4000000000009987", "pm_card_chargeDeclinedLostCard", "Declined: lost card", LOST),
    Card("4000000000009979", "pm_card_chargeDeclinedStolenCard", "Declined: stolen card", STOLEN),
    Card("4000000000000069", "pm_card_chargeDeclinedExpiredCard", "Declined: expired card", EXPIRED),
    Card("4000000000000127", "pm_card_chargeDeclinedIncorrectCvc", "Declined: incorrect CVC", BAD_CVC),
    Card("4000000000000119", "pm_card_chargeDeclinedProcessingError", "Declined: processing error", PROCESSING),
    Card("4000000000000341", "pm_card_chargeCustomerFail", "Can be saved, then declines", GENERIC),
    Card("4000002760003184", "pm_card_authenticationRequired", "3-D Secure, always", authenticate="always"),
    Card(
        "4000002500003155",
        "pm_card_authenticationRequiredOnSetup",
        "3-D Secure, until it is saved",
        authenticate="unless_set_up",
    ),
    Card(
        "4000008260003178",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        "3-D Secure, then insufficient funds",
        FUNDS,
        authenticate="always",
    ),
    Card("4000000000000259", "pm_card_createDispute", "Succeeds, then disputed as fraud", dispute="fraudulent"),
    Card(
        "4000000000002685",
        "pm_card_createDisputeProductNotReceived",
        "Succeeds, then disputed as not received",
        dispute="product_not_received",
    ),
    Card("4000000000007726", "pm_card_pendingRefund", "Succeeds; a refund arrives late", refund="late_success"),
    Card("4000000000005126", "pm_card_refundFail", "Succeeds; a refund fails late", refund="late_failure"),
]

BY_NUMBER = {card.number: card for card in CARDS}
BY_TOKEN = {card.token: card for card in CARDS}


def by_number(number: str) -> Card:
    """The test card with this number; anything else is refused as Stripe's test mode does."""
    digits = number.replace(" ", "").replace("-", "")
    if digits in BY_NUMBER:
        return BY_NUMBER[digits]
    if not _luhn(digits):
        raise card_error(Decline("incorrect_number", "incorrect_number", "Your card number is incorrect."))
    message = "Your card was declined. Your request was in test mode, but used a non test card."
    raise card_error(Decline("card_declined", "test_mode_live_card", message))


def card_error(decline: Decline, **fields: Any) -> StripeError:
    """402 as Stripe answers it; Stripe names a decline code only where it differs from the code."""
    decline_code = decline.decline_code if decline.code in {"card_declined", "authentication_required"} else None
    return StripeError(402, decline.message, type="card_error", code=decline.code, decline_code=decline_code, **fields)


def _luhn(digits: str) -> bool:
    if not digits.isdigit():
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
