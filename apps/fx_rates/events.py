from dataclasses import dataclass

from apps.outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class RateAlertRaised(DomainEvent):
    """Something about rates that staff should look at."""

    alert_id: int
    kind: str
    currency: str
