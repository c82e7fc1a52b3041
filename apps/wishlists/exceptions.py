from apps.common.exceptions import Conflict, Invalid, NotFound


class WishlistNotFound(NotFound):
    code = "wishlist-not-found"
    title = "There is no such wishlist"

    def __init__(self) -> None:
        super().__init__("There is no such wishlist, or it is not yours.")


class WishNotFound(NotFound):
    code = "wishlist-item-not-found"
    title = "There is no such item on the wishlist"

    def __init__(self) -> None:
        super().__init__("There is no such item on this wishlist.")


class ShareNotFound(NotFound):
    """Whether a link was never made, has expired or was taken back is its owner's to know."""

    code = "wishlist-link-not-found"
    title = "The link leads nowhere"

    def __init__(self) -> None:
        super().__init__("This link leads to no wishlist, or does so no more.")


class TooManyWishlists(Conflict):
    code = "wishlists-full"
    title = "There is no room for another wishlist"

    def __init__(self, most: int) -> None:
        super().__init__(f"You can keep {most} wishlists; delete one first.")


class WishlistFull(Conflict):
    code = "wishlist-full"
    title = "The wishlist is full"

    def __init__(self, most: int) -> None:
        super().__init__(f"A wishlist holds {most} items; take one away first.")


class TooManyShares(Conflict):
    code = "wishlist-links-full"
    title = "The wishlist has enough links"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} links lead to this wishlist; take one back first.")


class DefaultWishlistStays(Conflict):
    code = "wishlist-is-default"
    title = "The favourites cannot be deleted"

    def __init__(self) -> None:
        super().__init__("The favourites stay; empty them instead.")


class PriceAlertNotFound(NotFound):
    code = "price-alert-not-found"
    title = "There is no such alert"

    def __init__(self) -> None:
        super().__init__("There is no such alert among yours.")


class AlertAlreadyMet(Conflict):
    code = "price-alert-already-met"
    title = "What the alert waits for is there"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)


class TargetPriceRefused(Invalid):
    code = "price-alert-target"
    title = "The target price is not possible"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors={"target_price": [detail]})


class TooManyAlerts(Conflict):
    code = "price-alerts-full"
    title = "There is no room for another alert"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} of your alerts wait; end one first.")
