"""What somebody wishes for is his own, and nobody's books need it."""

from __future__ import annotations

from typing import Any

from apps.common.personal_data import Erased, Holding, Person, register
from apps.wishlists.models import PriceAlert, Wishlist, WishlistItem, WishlistShare

_ITEM = "wishlist__name product__name variant__sku note added_amount currency created_at".split()
_SHARE = "wishlist__name shows_notes created_at expires_at revoked_at opened_count last_opened_at".split()
_ALERT = "kind product__name variant__sku status currency asked_amount target_amount told_amount told_at created_at"


def export_wishlists(person: Person) -> dict[str, Any]:
    mine = {"wishlist__owner": person.user_id}
    lists = Wishlist.objects.filter(owner=person.user_id).order_by("pk")
    return {
        "wishlists": list(lists.values("name", "is_default", "privacy", "created_at")),
        "items": list(WishlistItem.objects.filter(**mine).order_by("pk").values(*_ITEM)),
        "links": list(WishlistShare.objects.filter(**mine).order_by("pk").values(*_SHARE)),
        "alerts": list(PriceAlert.objects.filter(user=person.user_id).order_by("pk").values(*_ALERT.split())),
    }


def erase_wishlists(person: Person) -> Erased:
    lists, _ = Wishlist.objects.filter(owner=person.user_id).delete()
    alerts, _ = PriceAlert.objects.filter(user=person.user_id).delete()
    return Erased(lists + alerts)


register(
    Holding(
        name="wishlists",
        about="What you keep for later, who may look at it, and what you asked to be told of.",
        export=export_wishlists,
        erase=erase_wishlists,
        exports=["wishlists.Wishlist", "wishlists.WishlistItem", "wishlists.WishlistShare", "wishlists.PriceAlert"],
        erases=["wishlists.Wishlist.owner", "wishlists.PriceAlert.user"],
    )
)
