"""What can happen to rates. Whoever changes those of a currency locks its board, so that two never decide at once."""

from apps.fx_rates.services.fetching import FetchReport, fetch_rates
from apps.fx_rates.services.quotes import quote, redeem, renewed
from apps.fx_rates.services.staff import acknowledge_alert, end_manual_rate, release_answer, set_manual_rate

__all__ = [
    "FetchReport",
    "acknowledge_alert",
    "end_manual_rate",
    "fetch_rates",
    "quote",
    "redeem",
    "release_answer",
    "renewed",
    "set_manual_rate",
]
