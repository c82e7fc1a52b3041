from apps.common.audit import Invariant, register

register(
    Invariant(
        "W1",
        "No link leads to a private wishlist",
        "SELECT share.id, share.wishlist_id FROM wishlists_wishlistshare share"
        " JOIN wishlists_wishlist list ON list.id = share.wishlist_id"
        " WHERE list.privacy = 'private' AND share.revoked_at IS NULL AND share.expires_at > statement_timestamp()",
    ),
    Invariant(
        "W2",
        "A variant on a wishlist, or of an alert, is one of the product beside it",
        "SELECT 'item' AS kept_as, item.id FROM wishlists_wishlistitem item JOIN catalog_productvariant variant"
        " ON variant.id = item.variant_id WHERE variant.product_id <> item.product_id"
        " UNION ALL SELECT 'alert', alert.id FROM wishlists_pricealert alert JOIN catalog_productvariant variant"
        " ON variant.id = alert.variant_id WHERE variant.product_id <> alert.product_id",
    ),
)
