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


@dataclass(frozen=True, kw_only=True)
class ProductEvent(DomainEvent):
    """Base of what the catalogue announces; events of one product are told in order."""

    product_id: int

    def aggregate(self) -> str:
        return f"product:{self.product_id}"


@dataclass(frozen=True, kw_only=True)
class PriceChanged(ProductEvent):
    """Shoppers who see the product are told another price of a variant: staff set it, or an offer began or ended.

    The amounts are the lowest among the variants, as shown. A product that comes back into the shop is not told of.
    """

    lowest_was: str
    lowest_now: str
    currency: str


@dataclass(frozen=True, kw_only=True)
class ProductDeleted(ProductEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductRestored(ProductEvent):
    pass
