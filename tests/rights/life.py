"""A person who has done everything that one can do in the shop, and words by which we would know her again."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.fields.files import FieldFile
from PIL import Image

from apps.accounts import services as account_services
from apps.accounts.models import GoogleIdentity, User
from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import post, sign_in
from apps.cart.tests.factories import CartItemFactory
from apps.inventory.models import StockItem
from apps.inventory.tests.factories import StockItemFactory
from apps.notifications import services as notification_services
from apps.orders import services as order_services
from apps.orders.models import Order, OrderLine
from apps.orders.tests.factories import ADDRESS
from apps.orders.tests.placing import place
from apps.outbox import services as outbox
from apps.payments import services as payment_services
from apps.payments.models import PagoMovilClaim, Payment, TransferProof
from apps.payments.providers import get_provider
from apps.payments.tests import mobile_payments
from apps.reviews import services as reviews
from apps.stores.models import StoreMember
from apps.stores.tests.factories import StoreFactory
from apps.wishlists import services as wishlists
from apps.wishlists.models import AlertKind

EMAIL, PHONE, DOCUMENT = "countess@example.test", "+584127654321", "V87654321"
STREET, DEVICE, NETWORK = "Calle Secreta 77", "Adaphone/9", "203.0.113.77"
EVIDENCE = [DOCUMENT, "Zorrilla Payer"]  # what may outlive her for a while
NAMES = ["Adalina", "Zorrilla", "adazorro"]
MARKS = [EMAIL, *NAMES, PHONE, STREET, DEVICE, NETWORK, "google-of-ada", "ring twice", *EVIDENCE]

HOME = ADDRESS | {
    "first_name": "Adalina",
    "last_name": "Zorrilla",
    "address_line_1": STREET,
    "city": "Maracay",
    "state_province": "Aragua",
    "phone": PHONE,
}
ADDRESSES: dict[str, Any] = {"shipping_address": HOME, "billing_address": HOME}
BUY: dict[str, Any] = {"email": EMAIL, "phone": PHONE, "note": "ring twice", **ADDRESSES}


def live_a_life() -> User:
    ada = UserFactory(
        email=EMAIL,
        first_name="Adalina",
        last_name="Zorrilla",
        phone=PHONE,
        username="adazorro",
        date_of_birth=date(1990, 2, 3),
        language="en",
        email_verified_at="2026-01-01T00:00Z",
    )
    account_services.set_picture(user=ada, file=picture())
    account_services.add_address(user=ada, **{name: HOME[name] for name in HOME})
    GoogleIdentity.objects.create(user=ada, subject="google-of-ada")
    knock_at_the_doors(ada)
    StoreMember.objects.create(store=StoreFactory(), user=ada, role="clerk")
    CartItemFactory(cart__user=ada)
    buy_and_pay(ada)
    say_of_it(ada)
    wish_for_more(ada)
    hear_of_it(ada)
    return ada


def say_of_it(ada: User) -> None:
    bought = OrderLine.objects.filter(order__customer=ada, order__payment_status="paid").latest("pk").variant.product
    reviews.write_review(author=ada, product_id=bought.pk, rating=5, comment="Adalina likes it")


def wish_for_more(ada: User) -> None:
    product = StockItemFactory().variant.product
    favourites = wishlists.ensure_favourites(owner=ada)
    wishlists.add_item(wishlist_id=favourites.pk, product_id=product.pk, note="Adalina wants it")
    wishlists.share_wishlist(wishlist_id=favourites.pk)
    wishlists.ask_for_alert(user=ada, kind=AlertKind.PRICE_DROP, product_id=product.pk)


def picture() -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (30, 20), "red").save(out, "PNG")
    return SimpleUploadedFile("me.png", out.getvalue(), "image/png")


def knock_at_the_doors(ada: User) -> None:
    sign_in(ada, DEVICE, NETWORK)
    device = account_services.Device(DEVICE, NETWORK)
    account_services.request_reset(email=EMAIL, device=device)
    post("login", email=EMAIL, password="not-hers")
    content_type = ContentType.objects.get_for_model(User)
    said = {"object_id": str(ada.pk), "object_repr": EMAIL, "change_message": f"{EMAIL} is locked."}
    boss = UserFactory(is_staff=True)
    LogEntry.objects.create(user=boss, content_type=content_type, action_flag=CHANGE, **said)


def buy_and_pay(ada: User) -> None:
    """One order by mobile payment and sent, one as a guest by transfer and sent, one that she never paid, a card."""
    staff = [mobile_payments.make_staff("boss"), mobile_payments.make_staff("second")]
    mobile_payments.make_rate()
    mobile_payments.make_recipient()
    sent = mobile_payments.open_order(**BUY, customer_id=ada.pk)
    claim = mobile_payments.report(mobile_payments.begin(sent), phone=PHONE, document=DOCUMENT, proof=picture().read())
    mobile_payments.approve(claim, staff[0])
    by_guest = place(StockItemFactory(on_hand=1), **BUY)
    payment = payment_services.open_payment(order=by_guest, provider="bank_transfer")
    payment_services.start_payment(payment_id=payment.pk)
    payment_services.report_transfer(
        payment_id=payment.pk,
        report=payment_services.TransferReport(bank_reference="0900", payer="Zorrilla Payer", picture=picture().read()),
    )
    payment = Payment.objects.get(pk=payment.pk)
    payment_services.confirm_manual_payment(payment_id=payment.pk, staff_user=staff[0], amount=payment.money)
    for order in (sent, by_guest):
        order_services.ship_order(order_id=order.pk, actor="shop", carrier="Zoom", tracking_number="Z1")
    place(StockItemFactory(on_hand=1), **BUY, customer_id=ada.pk)
    save_a_card(ada)


def save_a_card(ada: User) -> None:
    action = payment_services.begin_saving(user=ada, provider="stripe")
    intents = get_provider("stripe").client.v1.setup_intents
    intents.confirm(action.details["setup_intent"], {"payment_method": "pm_card_visa"})
    payment_services.refresh_saved_methods(user=ada)


def hear_of_it(ada: User) -> None:
    while outbox.drain():
        pass
    notification_services.queue_email(
        to=EMAIL, template="welcome", language="en", dedupe_key=f"waits-{ada.pk}", context={"name": "Adalina"}
    )


def files_of(ada: User) -> list[FieldFile]:
    """Herself, what she showed of a mobile payment, and of a transfer."""
    person = User.objects.get(pk=ada.pk)
    return [person.picture, PagoMovilClaim.objects.get().proof, TransferProof.objects.get().picture]


def let_time_pass(days: int) -> None:
    """Her payments were made so long ago."""
    for payment in Payment.objects.all():
        Payment.objects.filter(pk=payment.pk).update(created_at=payment.created_at - timedelta(days=days))


_SEARCH = 'SELECT count(*) FROM "{}" searched WHERE searched::text ILIKE %s'
_SUMS = "SELECT account, provider, currency, sum(amount) FROM payments_ledgerentry GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"


def traces(marks: list[str]) -> set[tuple[str, str]]:
    """In which tables, whatever the column, a row says one of those words."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for mark in marks:
                cursor.execute(_SEARCH.format(table), [f"%{mark}%"])
                if cursor.fetchone()[0]:
                    found.add((table, mark))
    return found


def books() -> list[tuple[Any, ...]]:
    """Every movement of money, and what orders say of theirs."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS)
        sums = cursor.fetchall()
    sold = "number total_amount paid_amount refunded_amount payment_status shipping_address__country".split()
    orders = Order.objects.exclude(paid_amount=0).order_by("pk")
    return [*sums, *orders.values_list(*sold), *StockItem.objects.order_by("pk").values_list("on_hand", "committed")]
