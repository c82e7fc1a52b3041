from dataclasses import dataclass

from apps.outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class OrderEvent(DomainEvent):
    """Base of what orders announce; events of one order are told in order."""

    order_id: int

    def aggregate(self) -> str:
        return f"order:{self.order_id}"


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(OrderEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class OrderConfirmed(OrderEvent):
    is_late: bool


@dataclass(frozen=True, kw_only=True)
class OrderExpired(OrderEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(OrderEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrderShipped(OrderEvent):
    fulfilment_id: int


@dataclass(frozen=True, kw_only=True)
class OrderCompleted(OrderEvent):
    pass
