"""How payments go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection


@dataclass(frozen=True, slots=True)
class PaymentFigures:
    """How the payments went that began on a day in UTC, or in all of the days; `open` ones are not decided yet."""

    day: date | None
    provider: str
    begun: int
    succeeded: int
    failed: int
    median_seconds_to_pay: int | None

    @property
    def open(self) -> int:
        return self.begun - self.succeeded - self.failed

    @property
    def success_percent(self) -> Decimal | None:
        """Of those that are decided, to a tenth; None while none is."""
        decided = self.succeeded + self.failed
        return (Decimal(100 * self.succeeded) / decided).quantize(Decimal("0.1")) if decided else None

    @property
    def failure_percent(self) -> Decimal | None:
        return None if self.success_percent is None else 100 - self.success_percent


# An attempt that was given up for another is no failure, but one that its provider ended is.
_FIGURES = """
SELECT day, provider, COUNT(*),
    COUNT(*) FILTER (WHERE succeeded_at IS NOT NULL),
    COUNT(*) FILTER (
        WHERE succeeded_at IS NULL AND (status = 'failed' OR (status = 'cancelled' AND failure_code <> ''))
    ),
    PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY CEIL(EXTRACT(EPOCH FROM succeeded_at - created_at))::int)
FROM (SELECT *, (created_at AT TIME ZONE 'UTC')::date AS day FROM payments_payment) AS payment
WHERE created_at >= ((statement_timestamp() AT TIME ZONE 'UTC')::date - %s::int + 1)::timestamp AT TIME ZONE 'UTC'
    AND (status <> 'cancelled' OR failure_code <> '')
GROUP BY GROUPING SETS ((provider), (day, provider)) ORDER BY day, provider
"""


def payment_figures(*, days: int) -> list[PaymentFigures]:
    """For each day of the last ones, today among them, and provider; then the same for all of the days. One query.

    Attempts that the customer gave up for another are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, [days])
        return [PaymentFigures(*row) for row in cursor.fetchall()]
