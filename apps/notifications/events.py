from dataclasses import dataclass

from apps.outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class MessageQueued(DomainEvent):
    """A message waits to be sent; one that is stuck holds up no other."""

    message_id: int
