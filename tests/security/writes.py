"""What to send to every route that writes, so that it does what it is for; one without an entry fails the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.accounts.tests.factories import PASSWORD
from apps.orders.tests.factories import ADDRESS
from apps.payments.tests.mobile_payments import today
from tests.security.world import OWNER, Answer, World, picture, undone


@dataclass(frozen=True)
class Call:
    """A body, or who makes one in a world; `at` names other things than the usual ones for the address's fields."""

    body: Mapping[str, Any] | Callable[[World], Mapping[str, Any]] = field(default_factory=dict)
    at: Mapping[str, str] = field(default_factory=dict)
    by: str = ""  # the first of the route's row when nobody is named
    form: str = "json"
    query: str = ""
    purpose: str = ""  # of the code that is typed before
    token_of: str = ""  # whose order's token a guest brings, when the address does not name the order

    def body_in(self, world: World) -> dict[str, Any]:
        return dict(self.body(world) if callable(self.body) else self.body)

    def made_by(self, caller: str, route: str, world: World) -> Answer:
        """The answer; what was done for it is undone."""
        sent = {} if route.startswith("GET ") else {"data": self.body_in(world), "format": self.form}
        with undone():
            return world.call(
                caller, route + self.query, at=self.at, token_of=self.token_of, purpose=self.purpose, **sent
            )


NEW_PASSWORD = "otra-clave-de-prueba-8"
SOME_SEARCH = "00000000-0000-4000-8000-000000000000"
USD = {"amount": "13.60", "currency": "USD"}
PAID, REPAID, SHIPPED = {"number": "paid order"}, {"payment_id": "repaid payment"}, {"number": "shipped order"}


def _refresh_token(world: World) -> Mapping[str, Any]:
    return {"refresh": world.tokens[OWNER].refresh}


def _purchase(world: World) -> Mapping[str, Any]:
    return {
        "email": "owner@example.test",
        "shipping_address": ADDRESS,
        "shipping_method": "courier",
        "payment_method": "bank_transfer",
    }


def _mobile_payment(world: World) -> Mapping[str, Any]:
    return {
        "payment": world.names["untold payment"],
        "bank": "0105",
        "phone": "0412-1234567",
        "document": "V12345678",
        "reference": "777888999000",
        "payment_date": today().isoformat(),
        "amount": "1360.00",
    }


def _statement(world: World) -> Mapping[str, Any]:
    file = SimpleUploadedFile("today.csv", f"Fecha;Referencia;Monto\n{today():%d/%m/%Y};1;5,00".encode())
    return {"recipient": world.names["recipient"], "layout": world.names["layout"], "file": file}


def _product(world: World) -> Mapping[str, Any]:
    return {
        "slug": "new-product",
        "name": "New product",
        "product_type": "model-kit",
        "variants": [{"sku": "NEW-1", "price": USD}],
    }


def _bulk_file(world: World) -> Mapping[str, Any]:
    content = f"sku,value\n{world.names['sku']},12.50\n"
    return {"target": "price", "file": SimpleUploadedFile("prices.csv", content.encode())}


def _product_file(world: World) -> Mapping[str, Any]:
    content = b"handle,name,product_type,sku,price_usd\nnew,New,model-kit,NEW-1,19.00\n"
    return {"kind": "csv", "is_dry_run": "false", "file": SimpleUploadedFile("products.csv", content)}


def _receipt(world: World) -> Mapping[str, Any]:
    return {"sku": world.names["sku"], "quantity": 3}


def _rate(world: World) -> Mapping[str, Any]:
    until = timezone.now() + timedelta(hours=1)
    return {"currency": "VES", "rate": "101.5", "expires_at": until.isoformat(), "reason": "The bank's page is down"}


READS: dict[str, Call] = {
    "GET /api/v1/payments/pago-movil/instructions/{payment_id}/": Call(at={"payment_id": "told payment"}),
}
WRITES: dict[str, Call] = {
    "POST /api/v1/admin/customers/": Call({"email": "new@example.test"}),
    "DELETE /api/v1/admin/customers/{customer_id}/": Call(),
    "PATCH /api/v1/admin/customers/{customer_id}/": Call({"first_name": "Ana"}),
    "POST /api/v1/admin/customers/{customer_id}/unlock/": Call(at={"customer_id": "locked"}),
    "POST /api/v1/admin/stock/": Call(_receipt),
    "PATCH /api/v1/admin/stock/{stock_item_id}/": Call({"low_stock_threshold": 2}),
    "POST /api/v1/admin/stock/{stock_item_id}/adjust/": Call({"delta": 2, "reason": "receipt"}),
    "POST /api/v1/admin/stock/{stock_item_id}/count/": Call({"counted": 8, "expected": 10}),
    "POST /api/v1/auth/change-email/": Call({"email": "moved@example.test"}, by=OWNER, purpose="change_email"),
    "POST /api/v1/auth/change-email/confirm/": Call(lambda world: {"token": world.names["move"]}),
    "POST /api/v1/auth/change-password/": Call(
        {"current_password": PASSWORD, "new_password": NEW_PASSWORD}, by=OWNER, purpose="change_password"
    ),
    "POST /api/v1/auth/google/": Call(lambda world: {"credential": world.google.token()}),
    "POST /api/v1/auth/login/": Call({"email": "owner@example.test", "password": PASSWORD}),
    "POST /api/v1/auth/logout/": Call(_refresh_token),
    "POST /api/v1/auth/otp/": Call({"purpose": "change_password"}, by=OWNER),
    "POST /api/v1/auth/otp/verify/": Call(lambda world: {"code": world.names["code"]}, by=OWNER),
    "POST /api/v1/auth/password-reset/": Call({"email": "owner@example.test"}),
    "POST /api/v1/auth/password-reset/confirm/": Call(
        lambda world: {"token": world.names["reset"], "password": NEW_PASSWORD}
    ),
    "POST /api/v1/auth/refresh/": Call(_refresh_token),
    "POST /api/v1/auth/register/": Call({"email": "new@example.test", "password": NEW_PASSWORD}),
    "POST /api/v1/auth/resend-verification/": Call({"email": "newcomer@example.test"}),
    "POST /api/v1/auth/sessions/deactivate-all/": Call(by=OWNER),
    "POST /api/v1/auth/sessions/{session_id}/deactivate/": Call(),
    "POST /api/v1/auth/verify-email/": Call(lambda world: {"token": world.names["token"]}),
    "POST /api/v1/auth/verify-email/{token}/": Call(),
    "POST /api/v1/bulk-changes/": Call({"target": "price", "method": "percent", "value": "10"}),
    "POST /api/v1/bulk-changes/from-file/": Call(_bulk_file, form="multipart"),
    "DELETE /api/v1/bulk-changes/{bulk_change_id}/": Call(),
    "POST /api/v1/bulk-changes/{bulk_change_id}/apply/": Call(),
    "POST /api/v1/bulk-changes/{bulk_change_id}/undo/": Call(
        {"note": "A mistake"}, at={"bulk_change_id": "applied bulk change"}
    ),
    "DELETE /api/v1/cart/": Call(by=OWNER),
    "POST /api/v1/cart/items/": Call(lambda world: {"variant_id": world.names["variant"]}, by=OWNER),
    "DELETE /api/v1/cart/items/{item_id}/": Call(),
    "PATCH /api/v1/cart/items/{item_id}/": Call({"quantity": 2}),
    "POST /api/v1/categories/": Call({"name": "New shelf"}),
    "DELETE /api/v1/categories/{category}/": Call(),
    "PATCH /api/v1/categories/{category}/": Call({"name": "Renamed"}),
    "POST /api/v1/checkout/": Call(_purchase, by=OWNER),
    "POST /api/v1/checkout/preview/": Call({"country": "VE"}, by=OWNER),
    "POST /api/v1/fx-rates/alerts/{alert_id}/acknowledge/": Call({"note": "Seen"}),
    "POST /api/v1/fx-rates/convert/": Call({"amount": USD, "currency": "VES"}),
    "DELETE /api/v1/fx-rates/manual/": Call(query="?currency=VES"),
    "POST /api/v1/fx-rates/manual/": Call(_rate),
    "POST /api/v1/fx-rates/refresh/": Call(),
    "DELETE /api/v1/me/": Call(by="stranger", purpose="erase_account"),
    "PATCH /api/v1/me/": Call({"first_name": "Ana"}, by=OWNER),
    "POST /api/v1/me/addresses/": Call({**ADDRESS, "city": "Mérida"}, by=OWNER),
    "DELETE /api/v1/me/addresses/{address_id}/": Call(),
    "PATCH /api/v1/me/addresses/{address_id}/": Call({"city": "Mérida"}),
    "POST /api/v1/me/export/": Call(by=OWNER),
    "DELETE /api/v1/me/picture/": Call(by=OWNER),
    "PUT /api/v1/me/picture/": Call(lambda world: {"picture": picture()}, by=OWNER, form="multipart"),
    "PATCH /api/v1/me/preferences/": Call({"language": "en", "marketing": ["offers"]}, by=OWNER),
    "POST /api/v1/notifications/unsubscribe/{unsubscribe_token}/": Call(),
    "POST /api/v1/me/store-invitations/{invitation_id}/": Call(at={"invitation_id": "my invitation"}),
    "DELETE /api/v1/me/store-invitations/{invitation_id}/": Call(at={"invitation_id": "my invitation"}),
    "DELETE /api/v1/me/stores/{slug}/": Call(),
    "POST /api/v1/orders/{number}/cancel/": Call({"reason": "Too late"}),
    "POST /api/v1/orders/{number}/complete/": Call(at=SHIPPED),
    "POST /api/v1/orders/{number}/payments/": Call({"provider": "bank_transfer"}),
    "POST /api/v1/orders/{number}/quotes/": Call({"currency": "VES"}),
    "POST /api/v1/orders/{number}/refunds/": Call(
        lambda world: {"lines": [{"line": world.names["line"], "quantity": 1}], "reason": "broken"}, at=PAID
    ),
    "POST /api/v1/orders/{number}/ship/": Call({"carrier": "MRW"}, at=PAID),
    "POST /api/v1/payments/{payment_id}/confirm/": Call({"amount": USD}),
    "POST /api/v1/payments/{payment_id}/proofs/": Call({"bank_reference": "0002"}),
    "POST /api/v1/payments/{payment_id}/refresh/": Call(),
    "POST /api/v1/payments/{payment_id}/refunds/": Call({"reason": "broken"}, at={"payment_id": "paid payment"}),
    "POST /api/v1/payments/{payment_id}/refunds/{refund_id}/sent/": Call({"bank_reference": "0003"}, at=REPAID),
    "POST /api/v1/payments/{payment_id}/reject/": Call({"reason": "Nothing came"}),
    "POST /api/v1/payments/pago-movil/claims/": Call(_mobile_payment, token_of="untold payment"),
    "POST /api/v1/payments/pago-movil/claims/{claim_id}/approve/": Call({"amount": "1360.00"}),
    "POST /api/v1/payments/pago-movil/claims/{claim_id}/reject/": Call({"reason": "Nothing came"}),
    "POST /api/v1/payments/pago-movil/claims/{claim_id}/take/": Call(),
    "POST /api/v1/payments/pago-movil/statements/": Call(_statement, form="multipart"),
    "POST /api/v1/payments/saved-methods/": Call({"provider": "stripe"}, by=OWNER),
    "POST /api/v1/payments/saved-methods/refresh/": Call(by=OWNER),
    "DELETE /api/v1/payments/saved-methods/{method_id}/": Call(at={"method_id": "unwanted card"}),
    "POST /api/v1/payments/saved-methods/{method_id}/default/": Call(),
    "POST /api/v1/product-files/": Call(_product_file, form="multipart"),
    "POST /api/v1/product-imports/{product_import_id}/import/": Call(),
    "POST /api/v1/products/": Call(_product),
    "DELETE /api/v1/products/{name}/": Call(),
    "PATCH /api/v1/products/{name}/": Call({"name": "Renamed"}),
    "PUT /api/v1/products/{name}/": Call(_product),
    "POST /api/v1/products/{name}/restore/": Call(),
    "POST /api/v1/products/{name}/images/": Call(
        lambda world: {"file": picture(), "alt": "Its back"}, by="member", form="multipart"
    ),
    "PUT /api/v1/products/{name}/images/order/": Call(lambda world: {"images": [world.names["image_id"]]}, by="member"),
    "DELETE /api/v1/products/{name}/images/{image_id}/": Call(by="member"),
    "PATCH /api/v1/products/{name}/images/{image_id}/": Call({"alt": "In its box"}, by="member"),
    "POST /api/v1/products/{name}/reviews/": Call({"rating": 5, "title": "Fine"}, at={"name": "bought product"}),
    "DELETE /api/v1/reviews/{review_id}/": Call(),
    "PATCH /api/v1/reviews/{review_id}/": Call({"rating": 3}),
    "DELETE /api/v1/reviews/{review_id}/reply/": Call(),
    "PUT /api/v1/reviews/{review_id}/reply/": Call({"reply": "Thank you"}),
    "POST /api/v1/products/search/actions/": Call({"search": SOME_SEARCH, "product": "zaku"}),
    "POST /api/v1/tags/": Call({"name": "New tag"}),
    "DELETE /api/v1/tags/{tag}/": Call(),
    "PATCH /api/v1/tags/{tag}/": Call({"name": "Renamed"}),
    "POST /api/v1/price-alerts/": Call(
        lambda world: {"kind": "price_drop", "product": world.names["bought product"]}, by=OWNER
    ),
    "DELETE /api/v1/price-alerts/{price_alert_id}/": Call(),
    "POST /api/v1/price-alerts/end/{end_token}/": Call(),
    "POST /api/v1/wishlists/": Call({"name": "For the workshop"}, by=OWNER),
    "DELETE /api/v1/wishlists/{wishlist_id}/": Call(),
    "PATCH /api/v1/wishlists/{wishlist_id}/": Call({"name": "For Bo"}),
    "DELETE /api/v1/wishlists/{wishlist_id}/items/": Call(),
    "POST /api/v1/wishlists/{wishlist_id}/items/": Call(lambda world: {"product": world.names["bought product"]}),
    "DELETE /api/v1/wishlists/{wishlist_id}/items/{wish_id}/": Call(),
    "PATCH /api/v1/wishlists/{wishlist_id}/items/{wish_id}/": Call({"note": "Size L"}),
    "POST /api/v1/wishlists/{wishlist_id}/share/": Call({"days": 7}),
    "DELETE /api/v1/wishlists/{wishlist_id}/share/{share_id}/": Call(),
    "POST /api/v1/stores/": Call({"name": "Ada's"}, by=OWNER),
    "PATCH /api/v1/stores/{slug}/": Call({"email": "orders@example.test"}),
    "DELETE /api/v1/stores/{slug}/invitations/{invitation_id}/": Call(),
    "POST /api/v1/stores/{slug}/members/": Call({"email": "new@example.test", "role": "clerk"}),
    "DELETE /api/v1/stores/{slug}/members/{member_id}/": Call(),
    "PATCH /api/v1/stores/{slug}/members/{member_id}/": Call({"role": "manager"}),
}
