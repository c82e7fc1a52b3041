"""The demo shop: the files in fixtures/ as a store that one can buy from. Every step may be repeated."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.bulk.services.importing import ImportReport, import_products
from apps.catalog import services as catalog_services
from apps.catalog.models import AttributeKind, Product
from apps.operations.demo_pictures import draw_card
from apps.payments import services as payment_services
from apps.payments.services.pago_movil import load_reference_data
from apps.shipping.models import ShippingMethod, ShippingZone, TaxRate
from apps.stores import services as store_services
from apps.stores.models import Store

FIXTURES = settings.BASE_DIR / "fixtures"
CATALOGUE = "gundam_kits.csv"
PICTURES_AT_ONCE = 40
STAFF_EMAIL = "staff@example.test"
CUSTOMER_EMAIL = "ana@example.test"
PASSWORD = "hangar-58-demo"  # noqa: S105  the whole world may know it: these logins exist where DEBUG is on, only

GRADES = ["HG", "RG", "MG", "PG", "SD", "EG", "RE/100", "FM", "MGEX", "MGSD", "HiRM", "Mega Size"]
SCALES = ["1/144", "1/100", "1/60", "1/48"]
PRODUCT_TYPES = {
    "model-kit": ("Model kit", ["grade", "scale", "series", "release_year", "brand"]),
    "tool": ("Tool", ["brand"]),
    "paint-and-finish": ("Paint and finish", ["brand"]),
    "display-base": ("Display base", ["brand"]),
    "decal": ("Decal", ["series", "brand"]),
    "apparel": ("Apparel", ["brand"]),
}


def seed_store() -> Store:
    """The store with what can be said about its products."""
    store = store_services.ensure_default_store(slug="hangar-58", name="Hangar 58")
    ensure = catalog_services.ensure_attribute
    attributes = {
        "grade": ensure(code="grade", name="Grade", kind=AttributeKind.CHOICE, choices=GRADES, position=0),
        "scale": ensure(code="scale", name="Scale", kind=AttributeKind.CHOICE, choices=SCALES, position=1),
        "series": ensure(code="series", name="Series", position=2),
        "release_year": ensure(code="release_year", name="Year", kind=AttributeKind.NUMBER, position=3),
        "brand": ensure(code="brand", name="Brand", position=4),
    }
    for code, (name, codes) in PRODUCT_TYPES.items():
        catalog_services.ensure_product_type(code=code, name=name, attributes=[attributes[code] for code in codes])
    return store


def seed_products(store: Store, progress: Callable[[int, int], None]) -> ImportReport:
    return import_products(FIXTURES / CATALOGUE, store=store, progress=progress)


def seed_synonyms() -> None:
    """What shoppers call things in the shop's three languages; groups that staff have made are left."""
    catalog_services.ensure_synonyms(groups=_read("synonyms.json"))


def seed_pictures(progress: Callable[[int, int], None]) -> int:
    """A card for every product of the demo that has no picture; returns how many were made."""
    bare = Product.objects.filter(images=None, slug__in=_handles()).select_related("product_type").order_by("pk")
    products = list(bare)
    for start in range(0, len(products), PICTURES_AT_ONCE):
        some = products[start : start + PICTURES_AT_ONCE]
        catalog_services.add_images(images=[_picture_of(product) for product in some])
        progress(start + len(some), len(products))
    return len(products)


def _picture_of(product: Product) -> catalog_services.NewImage:
    said = product.attributes
    grade = said.get("grade", product.product_type.name)
    card = draw_card(
        grade=grade,
        scale=said.get("scale", ""),
        name=product.name.removeprefix(f"{grade} "),
        series=said.get("series") or said["brand"],
    )
    return catalog_services.NewImage(product_id=product.pk, file=card, alt=product.name)


def _handles() -> set[str]:
    with (FIXTURES / CATALOGUE).open(encoding="utf-8", newline="") as source:
        return {row["handle"] for row in csv.DictReader(source)}


@transaction.atomic
def seed_pago_movil() -> None:
    """Venezuela's banks, and an account of the demo shop that nobody has."""
    load_reference_data()
    payment_services.save_recipient(
        bank="0102", phone="0412 0005800", document="J-00005800-8", holder="Hangar 58, C.A.", daily_limit=None
    )


def seed_shipping_and_taxes() -> None:
    """Zones, methods and tax rates as in the files; those that exist are left as staff have made them."""
    shipping, taxes = _read("shipping.json"), _read("taxes.json")
    zones = {
        zone["code"]: ShippingZone.objects.get_or_create(
            code=zone["code"], defaults={"name": zone["name"], "countries": zone["countries"]}
        )[0]
        for zone in shipping["zones"]
    }
    for method in shipping["methods"]:
        free_over = method["free_over"]
        ShippingMethod.objects.get_or_create(
            code=method["code"],
            defaults={
                "name": method["name"],
                "zone": zones[method["zone"]],
                "price_amount": Decimal(method["price"]["amount"]),
                "free_over_amount": None if free_over is None else Decimal(free_over["amount"]),
                "currency": method["price"]["currency"],
                "min_days": method["min_days"],
                "max_days": method["max_days"],
                "is_pickup": method["is_pickup"],
            },
        )
    for rate in taxes["rates"]:
        TaxRate.objects.get_or_create(
            code=rate["code"],
            defaults={
                "name": rate["name"],
                "country": rate["country"],
                "tax_class": rate["tax_class"],
                "percent": Decimal(rate["percent"]),
            },
        )


def seed_logins() -> None:
    """A member of staff who may do everything, and a customer; an existing login keeps its password."""
    if not User.objects.filter(email=STAFF_EMAIL).exists():
        User.objects.create_superuser(
            STAFF_EMAIL, PASSWORD, first_name="Demo", last_name="Staff", email_verified_at=timezone.now()
        )
    if not User.objects.filter(email=CUSTOMER_EMAIL).exists():
        User.objects.create_user(
            CUSTOMER_EMAIL,
            PASSWORD,
            first_name="Ana",
            last_name="Pérez",
            phone="+584121234567",
            email_verified_at=timezone.now(),
        )


def _read(name: str) -> Any:
    return json.loads(Path(FIXTURES / name).read_text(encoding="utf-8"))
