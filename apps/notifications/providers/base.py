"""What the shop needs from whoever carries its messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable
from uuid import UUID


class Progress(StrEnum):
    """How far a message has come; taken: by the provider, who has not sent it yet."""

    TAKEN = "taken"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Document:
    """A PDF that goes with a mail, under this file name."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message as it is handed over: `key` is the same at every try.

    Phones get `text`, or the provider's template `content_sid` filled with `variables`. `report_url` is where the
    provider may tell what came of it, `unsubscribe_url` where a person ends mail of this kind: of marketing only.
    `documents` go with mails; phones get none.
    """

    key: UUID
    recipient: str
    text: str
    subject: str = ""
    html: str = ""
    content_sid: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    report_url: str = ""
    unsubscribe_url: str = ""
    documents: Sequence[Document] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the provider says of a message that it knows as `provider_id`; codes and reasons are its own."""

    provider_id: str
    progress: Progress
    error_code: str = ""
    error: str = ""
    is_closed: bool = False
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody wrote to the shop from a phone: on which channel, from which number, the words."""

    channel: str
    number: str
    words: str


class ChannelProvider(Protocol):
    """One way to a person."""

    def send(self, message: Outgoing) -> Report:
        """Hand one message over.

        Raises:
            TryLater: it was not sent, but may be, later.
            OutcomeUnknown: the answer was lost.
            NotSendable: it was refused for good.
        """


@runtime_checkable
class TrackedProvider(ChannelProvider, Protocol):
    """One that can be asked, and reports by itself."""

    code: ClassVar[str]

    def find(self, message: Outgoing, *, since: datetime) -> Sequence[Report]:
        """Messages that may be this one, handed over since then; empty if nothing came of it, as far as can be told."""

    def fetch(self, provider_id: str) -> Report:
        """What became of a message. Raises TryLater, or NotSendable if the provider knows of none."""

    def read_report(self, *, url: str, params: Mapping[str, Any], signature: str) -> Report:
        """A report that came to `url` as the provider called it. Raises ReportNotGenuine."""
