from dataclasses import dataclass

from apps.outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class PictureAdded(DomainEvent):
    """Products show this file, and there are no renditions of it yet."""

    file: str

    def aggregate(self) -> str:
        """One picture at a time, so that an import of thousands leaves workers free for mail."""
        return "pictures"


@dataclass(frozen=True, kw_only=True)
class PictureDiscarded(DomainEvent):
    """A row that named these files is gone, or names others now; `widths` are those of the renditions, with spaces."""

    file: str
    rendition_stem: str
    widths: str
