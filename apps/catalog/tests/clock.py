"""A shop's clock that tests move: what was to come in an hour is an hour nearer, and nobody has waited."""

from datetime import timedelta

from django.db.models import F

from apps.catalog.models import Offer, Product, ProductTurn


def clock_goes_on(**duration):
    """Move every moment of the catalogue into the past by so much, as `timedelta` takes it; nothing else is told."""
    for model, columns in (
        (Offer, ("starts_at", "ends_at")),
        (Product, ("publish_from", "publish_until")),
        (ProductTurn, ("due_at",)),
    ):
        model.objects.update(**{column: F(column) - timedelta(**duration) for column in columns})
