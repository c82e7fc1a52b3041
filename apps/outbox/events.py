"""The base of all announcements, and who listens to which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

_EVENTS: dict[str, type[DomainEvent]] = {}
_HANDLERS: dict[str, dict[str, Callable[[Any], None]]] = {}


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Something that happened, in the past tense, with ids and facts of that moment: str, int, bool or None only."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _EVENTS[cls.event_type()] = cls

    @classmethod
    def event_type(cls) -> str:
        """`orders.OrderCancelled`: the app and the class, stored with every message, so neither may be renamed."""
        return f"{cls.__module__.split('.')[1]}.{cls.__name__}"

    def aggregate(self) -> str:
        """Events with the same aggregate are delivered in order; the empty string means that order does not matter."""
        return ""

    def payload(self) -> dict[str, Any]:
        return asdict(self)


E = TypeVar("E", bound=DomainEvent)


def handles(event_class: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a function for an event; it runs outside any transaction, at least once, and must not mind a repeat."""

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{handler.__module__.split('.')[1]}.{handler.__name__}"
        _HANDLERS.setdefault(event_class.event_type(), {})[name] = handler
        return handler

    return register


def handler_names(event_type: str) -> list[str]:
    return sorted(_HANDLERS.get(event_type, {}))


def handler_for(event_type: str, name: str) -> Callable[[Any], None]:
    """Raises KeyError when the code that listened is gone: the delivery then becomes a dead letter."""
    return _HANDLERS[event_type][name]


def restore(event_type: str, payload: dict[str, Any]) -> DomainEvent:
    return _EVENTS[event_type](**payload)
