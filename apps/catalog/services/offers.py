"""Offers: lower prices that begin and end by the clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.catalog.drafts import faults_of_amount
from apps.catalog.exceptions import OfferInvalid, OfferIsOver, OfferNotFound
from apps.catalog.models import Offer, Product, ProductVariant
from apps.catalog.services.documents import rebuild_documents
from apps.catalog.services.locks import hold_shelves_still
from apps.catalog.services.saving import lock_products
from apps.common.clock import database_now


@transaction.atomic
def make_offers(
    *,
    variant_ids: Collection[int],
    price_amount: Decimal,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> list[Offer]:
    """Put variants on offer at a price, all or none; from now on and until staff end it, unless told.

    Raises:
        OfferInvalid: the price is not below a regular one, the times are not right, or another offer of a variant runs
            at some moment between them. `errors` says what by field.
    """
    _lock(Product.objects.filter(variants__in=variant_ids))
    now = database_now()
    starts_at = starts_at or now
    _require_sound(price_amount, starts_at, ends_at, now)
    variants = ProductVariant.objects.filter(pk__in=variant_ids).order_by("pk")
    offers = [
        Offer(variant=variant, price_amount=price_amount, starts_at=starts_at, ends_at=ends_at) for variant in variants
    ]
    for offer in offers:
        _save(offer)
    rebuild_documents(product_ids={offer.variant.product_id for offer in offers})
    return offers


@transaction.atomic
def change_offer(*, offer_id: int, price_amount: Decimal, starts_at: datetime, ends_at: datetime | None) -> Offer:
    """Change an offer that is to come, or the end of one that runs: what something cost, and since when, stays true.

    Raises:
        OfferNotFound, OfferIsOver.
        OfferInvalid: as `make_offers`, or a running one would get another price or start.
    """
    offer, now = _locked(offer_id)
    if offer.is_running_at(now):
        for name, told in (("price_amount", price_amount), ("starts_at", starts_at)):
            if told != getattr(offer, name):
                raise _refused(name, "The offer runs already. End it, and make another one.")
    offer.price_amount, offer.starts_at, offer.ends_at = price_amount, starts_at, ends_at
    _require_sound(price_amount, starts_at, ends_at, now)
    offer.updated_at = now
    _save(offer)
    rebuild_documents(product_ids=[offer.variant.product_id])
    return offer


@transaction.atomic
def end_offer(*, offer_id: int) -> None:
    """End a running offer now. One that is still to come is taken back, as if nobody had made it.

    Raises:
        OfferNotFound, OfferIsOver.
    """
    offer, now = _locked(offer_id)
    if offer.starts_at < now:
        Offer.objects.filter(pk=offer_id).update(ends_at=now, updated_at=now)
    else:
        offer.delete()
    rebuild_documents(product_ids=[offer.variant.product_id])


def _locked(offer_id: int) -> tuple[Offer, datetime]:
    """The offer as it is once nobody else can change its product, and the time."""
    _lock(Product.objects.filter(variants__offers=offer_id))
    offer = Offer.objects.select_related("variant").filter(pk=offer_id).first()
    now = database_now()
    if offer is None:
        raise OfferNotFound("There is no such offer; somebody may have taken it back.")
    if offer.ends_at is not None and offer.ends_at <= now:
        raise OfferIsOver("The offer is over; make a new one.")
    return offer, now


def _lock(products: QuerySet[Product]) -> None:
    hold_shelves_still()
    lock_products(Product.objects.filter(pk__in=products.values("pk")))


def _require_sound(price_amount: Decimal, starts_at: datetime, ends_at: datetime | None, now: datetime) -> None:
    for name, sentence in faults_of_amount("price_amount", price_amount):
        raise _refused(name, sentence)
    if ends_at is not None and ends_at <= max(starts_at, now):
        raise _refused("ends_at", "It must end after it starts, and not in the past.")


def _save(offer: Offer) -> None:
    """The database alone knows for certain that no other offer runs at that time, and what the regular price is."""
    try:
        with transaction.atomic():
            offer.save()
    except IntegrityError as error:
        refused = getattr(error.__cause__, "diag", None)
        if refused is not None and refused.constraint_name == "offer_one_at_a_time":
            raise _refused("starts_at", f"Another offer of {offer.variant} runs at that time.") from error
        if refused is not None and refused.constraint_name == "offer_below_price":
            price = offer.variant.price
            raise _refused("price_amount", f"{offer.variant} costs {price}; an offer must be below that.") from error
        raise


def _refused(field: str, sentence: str) -> OfferInvalid:
    return OfferInvalid(sentence, errors={field: [sentence]})
