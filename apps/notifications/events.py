from dataclasses import dataclass

from apps.outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class MessageQueued(DomainEvent):
    """A message waits to be sent. It waits for those before it in its `stream`; without one, for none."""

    message_id: int
    stream: str = ""

    def aggregate(self) -> str:
        return self.stream


@dataclass(frozen=True, kw_only=True)
class WordingFailed(DomainEvent):
    """The staff's words for a mail could not be written, and the shop's own went instead."""

    template: str
    language: str
    error: str
