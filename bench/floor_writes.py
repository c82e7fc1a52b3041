"""The floor of writes: the rows that the shop writes, by raw SQL in one transaction, with nothing around it.

What it leaves is as right as what the shop leaves; `manage.py audit` looks at both.
"""

from __future__ import annotations

import secrets
from decimal import Decimal
from operator import mul
from typing import Any

import orjson
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.cart.selectors import hash_token
from apps.common.ids import new_id
from apps.outbox import events

_FREE_UNITS = """
SELECT SUM(s.on_hand - s.reserved - s.committed + COALESCE((
    SELECT SUM(r.quantity) FROM inventory_reservation r
    WHERE r.stock_item_id = s.id AND r.status = 'reserved' AND r.expires_at < statement_timestamp()), 0))::int
FROM inventory_stockitem s WHERE s.variant_id = %s"""

_NEW_CART = """
INSERT INTO cart_cart (public_id, token_hash, status, currency, version) VALUES (%s, %s, 'active', 'USD', 1)
RETURNING id, public_id"""

_PUT = """
INSERT INTO cart_cartitem (public_id, cart_id, variant_id, quantity, seen_price_amount)
SELECT %s, %s, v.id, %s, v.price_amount FROM catalog_productvariant v JOIN catalog_product p ON p.id = v.product_id
WHERE v.public_id = %s AND v.is_active AND p.status = 'published' AND p.deleted_at IS NULL
RETURNING variant_id, public_id"""

_LINES = """
SELECT v.id, p.store_id, v.sku, p.name, v.options::text, i.quantity, v.price_amount, COALESCE(x.percent, 0),
    round(v.price_amount * i.quantity * COALESCE(x.percent, 0) / 100, 2)
FROM cart_cartitem i JOIN catalog_productvariant v ON v.id = i.variant_id JOIN catalog_product p ON p.id = v.product_id
JOIN catalog_producttype t ON t.id = p.product_type_id
LEFT JOIN shipping_taxrate x ON x.tax_class = t.tax_class AND x.country = %s WHERE i.cart_id = %s ORDER BY v.id"""

_CLAIM = """
INSERT INTO common_idempotencyrecord (caller, key, fingerprint, leased_until)
VALUES (%s, %s, '', statement_timestamp() + interval '1 minute') RETURNING id"""

_LOCK_CART = "SELECT id, public_id FROM cart_cart WHERE token_hash = %s AND status = 'active' FOR UPDATE"

_SHIPPING = "SELECT name, price_amount, free_over_amount FROM shipping_shippingmethod WHERE code = %s AND is_active"

_QUOTE = """
INSERT INTO fx_rates_exchangequote (public_id, base_amount, base_currency, amount, currency, rate, rounding,
    snapshot_id, source, value_date, is_fallback, margin_percent, expires_at)
SELECT %s, %s, 'USD', round(%s * rate, 2), currency, rate, 'half_up', id, source, value_date, false, 0,
    statement_timestamp() + interval '15 minutes'
FROM fx_rates_exchangeratesnapshot WHERE currency = 'VES' AND expires_at > statement_timestamp()
ORDER BY id DESC LIMIT 1 RETURNING id"""

_ORDER = """
INSERT INTO orders_order (public_id, number, email, phone, language, cart_id, status, payment_status, fulfilment_status,
    payment_due_at, is_paid_late, currency, subtotal_amount, discount_amount, shipping_amount, tax_amount, total_amount,
    paid_amount, refunded_amount, shipping_method_code, shipping_method_name, is_pickup, shipping_address,
    billing_address, note, quote_id)
VALUES (%s, 'ORD-' || nextval('orders_order_number'), %s, %s, 'es', %s, 'pending', 'unpaid', 'unfulfilled',
    statement_timestamp() + interval '1 day', false, 'USD', %s, 0, %s, %s, %s, 0, 0, %s, %s, false,
    %s::jsonb, %s::jsonb, '', %s)
RETURNING id, number, payment_due_at"""

_ORDER_LINES = """
INSERT INTO orders_orderline (public_id, order_id, variant_id, store_id, sku, name, options, quantity, currency,
    unit_price_amount, subtotal_amount, tax_percent, tax_amount)
SELECT u, %s, v, s, k, n, o::jsonb, q, 'USD', p, p * q, x, t FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[],
    %s::text[], %s::text[], %s::text[], %s::int[], %s::numeric[], %s::numeric[], %s::numeric[])
    AS line(u, v, s, k, n, o, q, p, x, t)"""

_HISTORY = """
INSERT INTO orders_orderstatuschange (order_id, old, new, actor, reason)
VALUES (%s, '', 'created', 'customer', ''), (%s, 'created', 'pending', 'shop', '')"""

_LOCK_STOCK = "SELECT variant_id, id FROM inventory_stockitem WHERE variant_id = ANY(%s) ORDER BY id FOR UPDATE"

_HOLD = """
WITH hold AS (SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::int[]) AS hold(line_id, stock_item_id, quantity)),
held AS (UPDATE inventory_stockitem s SET reserved = s.reserved + hold.quantity, updated_at = statement_timestamp()
    FROM hold WHERE s.id = hold.stock_item_id)
INSERT INTO inventory_reservation (line_id, stock_item_id, quantity, status, expires_at)
SELECT line_id, stock_item_id, quantity, 'reserved', %s FROM hold"""

_ANNOUNCE = """
WITH message AS (INSERT INTO outbox_outboxmessage (event_type, payload, aggregate)
    VALUES ('orders.OrderPlaced', jsonb_build_object('order_id', %s::bigint), %s) RETURNING id, aggregate)
INSERT INTO outbox_delivery (message_id, handler, aggregate, status, attempts, last_error)
SELECT message.id, handler, message.aggregate, 'pending', 0, '' FROM message, unnest(%s::text[]) AS handler"""

_PAYMENT = """
INSERT INTO payments_payment (public_id, order_id, provider, reference, provider_reference, status, capture_reference,
    order_amount, order_currency, amount, currency, captured_amount, refunded_amount, counted_amount, return_url,
    page_url, failure_code, failure_message, provider_answer)
VALUES (%s, %s, 'bank_transfer', %s, '', 'pending', '', %s, 'USD', %s, 'USD', 0, 0, 0, '', '', '', '', '{}')"""

_CONVERT = "UPDATE cart_cart SET status = 'converted', updated_at = statement_timestamp() WHERE id = %s"

_ANSWERED = """
UPDATE common_idempotencyrecord SET resource = %s, response_status = 201, response_body = %s::jsonb WHERE id = %s"""


@csrf_exempt
@transaction.atomic
def add_to_cart(request: HttpRequest) -> HttpResponse:
    body, token = orjson.loads(request.body), secrets.token_urlsafe(32)
    cart_id, cart = _one(_NEW_CART, new_id(), hash_token(token))
    variant_id, item = _one(_PUT, new_id(), cart_id, body["quantity"], body["variant_id"])
    _, _, sku, name, _, quantity, amount, *_ = _one(_LINES, "", cart_id)
    available = _one(_FREE_UNITS, variant_id)[0]
    price = {"amount": str(amount), "currency": "USD"}
    shown = {"id": item, "name": name, "sku": sku, "quantity": quantity, "price": price, "available": available}
    return _json({"id": cart, "version": 1, "items": [shown], "subtotal": price, "token": token})


@csrf_exempt
@transaction.atomic
def check_out(request: HttpRequest) -> HttpResponse:
    body, guest = orjson.loads(request.body), hash_token(request.headers["X-Cart-Token"])
    record = _one(_CLAIM, f"guest:{guest[:40]}", request.headers["Idempotency-Key"])[0]
    cart_id, cart = _one(_LOCK_CART, guest)
    variants, stores, skus, names, options, units, prices, percents, taxes = (
        list(column) for column in zip(*_all(_LINES, body["shipping_address"]["country"], cart_id), strict=True)
    )
    lines = [new_id() for _ in variants]
    subtotal = sum(map(mul, prices, units), Decimal(0))
    method, rate, free_over = _one(_SHIPPING, body["shipping_method"])
    shipping = Decimal(0) if free_over is not None and subtotal >= free_over else rate
    total, address = subtotal + shipping + sum(taxes), orjson.dumps(body["shipping_address"]).decode()
    buyer, sending = [body["email"], body["phone"], cart], [body["shipping_method"], method, address, address]
    quote = _one(_QUOTE, new_id(), total, total)[0]
    order_id, number, due_at = _one(_ORDER, new_id(), *buyer, subtotal, shipping, sum(taxes), total, *sending, quote)
    _run(_ORDER_LINES, order_id, lines, variants, stores, skus, names, options, units, prices, percents, taxes)
    _run(_HISTORY, order_id, order_id)
    stock = dict(_all(_LOCK_STOCK, variants))
    _run(_HOLD, lines, [stock[variant] for variant in variants], units, due_at)
    _run(_ANNOUNCE, order_id, f"order:{order_id}", events.handler_names("orders.OrderPlaced"))
    _run(_PAYMENT, new_id(), order_id, f"{number}-1-{secrets.token_hex(4)}", total, total)
    _run(_CONVERT, cart_id)
    shown = [
        {"sku": sku, "name": name, "quantity": quantity} for sku, name, quantity in zip(skus, names, units, strict=True)
    ]
    answer = {"number": number, "status": "pending", "lines": shown, "total": str(total), "payment_due_at": due_at}
    _run(_ANSWERED, f"order:{order_id}", orjson.dumps(answer).decode(), record)
    return _json(answer)


def _run(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def _all(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def _one(statement: str, *params: Any) -> tuple[Any, ...]:
    return _all(statement, *params)[0]


def _json(answer: dict[str, Any]) -> HttpResponse:
    return HttpResponse(orjson.dumps(answer), status=201, content_type="application/json")
