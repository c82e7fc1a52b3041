"""The shop that is measured: a database as it was right after seeding, filled carts, counted queries, the audit."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from apps.cart.models import Cart, CartItem
from apps.cart.selectors import hash_token
from apps.catalog.models import ProductVariant
from apps.common import audit
from apps.common.clock import database_now
from apps.fx_rates import services as fx_services
from apps.inventory import services as inventory_services
from apps.stores import selectors as store_selectors
from config import embedded

_POOL = 1000  # variants that carts are filled with
_PLENTY = 1_000_000  # units of each of them, so that nothing runs out


def prepare(*, products: int, is_fresh: bool, say: Callable[[str], None]) -> None:
    """Make the bench's database as it was right after seeding; the seeded one is kept as a template for later runs."""
    template = f"{settings.BENCH_DATABASE}_{products}"
    if is_fresh or not _exists(template):
        _seed(template, products, say)
    else:
        _copy(template, settings.BENCH_DATABASE)
        if not _is_migrated():
            _seed(template, products, say)
    _set_rate()


def prepare_empty() -> None:
    """Make the bench's database as migrations leave it."""
    _create_empty(settings.BENCH_DATABASE)
    call_command("migrate", verbosity=0)


def _seed(template: str, products: int, say: Callable[[str], None]) -> None:
    say(f"seeding {products:,} products, once")
    prepare_empty()
    call_command("seed_demo", products=products, without_logins=True, verbosity=0)
    _stock_up()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    _copy(settings.BENCH_DATABASE, template)


def pool() -> list[ProductVariant]:
    """The variants that carts are filled with, all in good stock."""
    sold = ProductVariant.objects.filter(is_active=True, product__document__isnull=False)
    return list(sold.order_by("pk").select_related("product")[:_POOL])


def fill_carts(count: int, variants: Sequence[ProductVariant]) -> list[str]:
    """Make guest carts with two lines each; returns their tokens."""
    tokens = [f"bench-{secrets.token_hex(16)}" for _ in range(count)]
    carts = Cart.objects.bulk_create(Cart(token_hash=hash_token(token), version=2) for token in tokens)
    CartItem.objects.bulk_create(
        CartItem(cart=cart, variant=variant, quantity=1, seen_price_amount=variant.price_amount)
        for number, cart in enumerate(carts)
        for variant in (variants[number % len(variants)], variants[(number + 7) % len(variants)])
    )
    return tokens


def count_queries(send: Callable[[Client], object]) -> int:
    """Statements of one request, BEGIN and COMMIT aside, once everything that is loaded lazily is there."""
    client = Client(headers={"host": "127.0.0.1"})
    send(client)
    with CaptureQueriesContext(connection) as captured:
        send(client)
    return sum(query["sql"] not in {"BEGIN", "COMMIT"} for query in captured)


def broken_invariants() -> list[str]:
    """Codes of what does not hold; empty is good."""
    return [finding.invariant.code for finding in audit.run()]


def _stock_up() -> None:
    location = inventory_services.ensure_default_location(store=store_selectors.get_default_store())
    receipts = [(variant.pk, location.pk, _PLENTY) for variant in pool()]
    inventory_services.receive_stock(receipts=receipts, note="Bench")


def _set_rate() -> None:
    """So that each order freezes its total in the second currency, as it does in a shop that keeps rates."""
    fx_services.set_manual_rate(
        currency=settings.SECOND_CURRENCY,
        rate=Decimal("143.37"),
        expires_at=database_now() + timedelta(days=1),
        reason="Bench",
        actor="bench",
    )


def _is_migrated() -> bool:
    try:
        call_command("migrate", check_unapplied=True, verbosity=0, stdout=StringIO())
    except SystemExit:
        return False
    return True


def _exists(database: str) -> bool:
    with _maintenance() as server:
        return bool(server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone())


def _create_empty(database: str) -> None:
    with _maintenance() as server:
        _drop(server, database)
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _copy(source: str, target: str) -> None:
    """Replace `target` by a copy of `source`; nobody may be connected to either."""
    with _maintenance() as server:
        _drop(server, target)
        names = {"target": sql.Identifier(target), "source": sql.Identifier(source)}
        server.execute(sql.SQL("CREATE DATABASE {target} TEMPLATE {source} STRATEGY file_copy").format(**names))


def _drop(server: psycopg.Connection, database: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def _maintenance() -> psycopg.Connection:
    """A connection beside the bench's database, which Django leaves meanwhile."""
    connection.close()
    address = embedded.database_url(settings.BENCH_DIR / "postgres", database="postgres")
    return psycopg.connect(address, autocommit=True)
