"""Writes of the catalogue. Each keeps the stored documents in its own transaction."""

from apps.catalog.services.checking import Checked, check_drafts
from apps.catalog.services.documents import rebuild_documents, set_popularity
from apps.catalog.services.editing import add_product, edit_product
from apps.catalog.services.images import (
    MOST_IMAGES,
    NewImage,
    add_images,
    arrange_images,
    change_image,
    remove_image,
)
from apps.catalog.services.offers import change_offer, end_offer, make_offers
from apps.catalog.services.prices import PriceChange, change_prices
from apps.catalog.services.products import (
    archive_product,
    create_product,
    delete_product,
    give_up_slug,
    publish_product,
    restore_product,
    set_publication_window,
    update_product,
)
from apps.catalog.services.ratings import hold_rating, set_rating
from apps.catalog.services.renditions import (
    delete_picture,
    files_of_pictures,
    files_without_renditions,
    make_renditions,
    sweep_pictures,
)
from apps.catalog.services.saving import Saved, save_products
from apps.catalog.services.searching import ensure_synonyms, log_search, note_action, sweep_searches
from apps.catalog.services.shelves import (
    add_category,
    add_tag,
    change_category,
    ensure_attribute,
    ensure_categories,
    ensure_product_type,
    ensure_tags,
    move_category,
    remove_category,
    remove_tag,
    rename_category,
    rename_tag,
)
from apps.catalog.services.turns import catch_up, turn_products

__all__ = [
    "MOST_IMAGES",
    "Checked",
    "NewImage",
    "PriceChange",
    "Saved",
    "add_category",
    "add_images",
    "add_product",
    "add_tag",
    "archive_product",
    "arrange_images",
    "catch_up",
    "change_category",
    "change_image",
    "change_offer",
    "change_prices",
    "check_drafts",
    "create_product",
    "delete_picture",
    "delete_product",
    "edit_product",
    "end_offer",
    "ensure_attribute",
    "ensure_categories",
    "ensure_product_type",
    "ensure_synonyms",
    "ensure_tags",
    "files_of_pictures",
    "files_without_renditions",
    "give_up_slug",
    "hold_rating",
    "log_search",
    "make_offers",
    "make_renditions",
    "move_category",
    "note_action",
    "publish_product",
    "rebuild_documents",
    "remove_category",
    "remove_image",
    "remove_tag",
    "rename_category",
    "rename_tag",
    "restore_product",
    "save_products",
    "set_popularity",
    "set_publication_window",
    "set_rating",
    "sweep_pictures",
    "sweep_searches",
    "turn_products",
    "update_product",
]
