from __future__ import annotations

from typing import Any

from apps.common.exceptions import Conflict, Invalid, NotFound, Unavailable
from apps.common.money import Money


class CurrencyNotKept(Invalid):
    code = "currency-not-kept"
    title = "There is no rate for that currency here"

    def __init__(self, currency: str) -> None:
        super().__init__(f"The shop keeps no rate for {currency}.", errors={"currency": ["No rate is kept for it."]})


class NoFitRate(Unavailable):
    code = "no-fit-rate"
    title = "No rate is fit for use"
    retry_after_seconds = 300

    def __init__(self, currency: str) -> None:
        super().__init__(f"There is no rate for {currency} that may be used now; prices in it cannot be quoted.")


class NoRateThen(NotFound):
    code = "no-rate-then"
    title = "No rate was in use then"


class MomentInFuture(Invalid):
    code = "moment-in-future"
    title = "That moment is still to come"


class ManualRateRefused(Invalid):
    code = "manual-rate-refused"
    title = "This rate cannot be set by hand"


class NoManualRate(NotFound):
    code = "no-manual-rate"
    title = "No manual rate is in use"


class AnswerNotWaiting(Conflict):
    code = "answer-not-waiting"
    title = "This answer does not wait for approval"


class AlertNotFound(NotFound):
    code = "rate-alert-not-found"
    title = "There is no such alert"


class FetchRunning(Conflict):
    code = "fetch-running"
    title = "The sources are being asked already"
    retry_after_seconds = 5

    def __init__(self) -> None:
        super().__init__("Another process asks the sources; look at the rate in a moment.")


class QuoteNotFound(NotFound):
    code = "quote-not-found"
    title = "There is no such quote"


class QuoteExpired(Conflict):
    """The quote's time is over, or it is for another amount; whoever answers the caller adds a fresh one."""

    code = "quote-expired"
    title = "The quote cannot be used any more"

    def __init__(self, detail: str, *, before: Money, currency: str, **extra: Any) -> None:
        super().__init__(detail, **extra)
        self.before = before
        self.currency = currency


class AmountTooSmall(Invalid):
    code = "amount-too-small"
    title = "The amount is nothing in that currency"
