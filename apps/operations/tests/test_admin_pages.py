"""Each row's own page opens, for every model that has one."""

import re
from decimal import Decimal

import pytest
from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.urls import reverse

from apps.accounts import services as account_services
from apps.accounts.models import User
from apps.bulk.models import BulkChange, ProductImport
from apps.catalog import services as catalog_services
from apps.catalog.models import Attribute, Category, ProductVariant, Search, SearchSynonym, Tag
from apps.catalog.tests.factories import ProductFactory
from apps.common.tests.staff import boss_client, staff_client
from apps.fx_rates.models import ExchangeRateLog
from apps.fx_rates.tests.factories import AlertFactory, RateFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.notifications.models import ClosedNumber, MailStyle, MailWording, Message, PhoneTemplateApproval
from apps.orders.tests.placing import pay_in_full, place
from apps.outbox.models import Delivery, OutboxMessage
from apps.payments import services as payment_services
from apps.payments.models import (
    BankStatement,
    Case,
    CaseKind,
    Dispute,
    PagoMovilClaim,
    Payment,
    Refund,
    StatementLayout,
    StatementLine,
    WebhookEvent,
)
from apps.payments.tests.mobile_payments import make_recipient
from apps.reviews.tests.factories import ReviewFactory
from apps.shipping.tests.factories import ShippingMethodFactory, TaxRateFactory
from apps.wishlists import services as wishlists
from apps.wishlists.tests.factories import ask, goods

pytestmark = pytest.mark.django_db


OURS = [model for model in admin.site._registry if model.__module__.startswith("apps.")]


@pytest.fixture(scope="module")
def shop(kept_for_the_module):
    """At least one row of everything that has a page."""
    cash = payment_services.open_payment(order=place(StockItemFactory()), provider="bank_transfer")
    till = User.objects.create_user("till@example.test")
    payment_services.confirm_manual_payment(payment_id=cash.pk, staff_user=till, amount=cash.money)
    order = place(StockItemFactory())
    payment = payment_services.open_payment(order=order, provider="bank_transfer")
    Refund.objects.create(payment=payment, amount=Decimal(1), currency="USD", reason="A scratch", actor="shop")
    Case.objects.create(kind=CaseKind.WRONG_AMOUNT, payment=payment, summary="Too little came")
    WebhookEvent.objects.create(provider="stripe", dedupe_key="evt_1", event_type="x", raw_body=b"{}")
    pay_in_full(order_id=order.pk)
    Dispute.objects.create(payment=payment, provider_reference="dp_1", amount=Decimal(1), currency="USD")
    Delivery.objects.create(message=OutboxMessage.objects.latest("pk"), handler="nobody.listens", status="dead")
    Message.objects.create(recipient="a@example.test", template="x", language="en", dedupe_key="1", subject="Hello")
    PhoneTemplateApproval.objects.create(name="shop_test", language="es", content_sid="HX1")
    MailWording.objects.create(template="welcome", language="en", version=1, saved_by="staff:1")
    MailStyle.objects.create()
    ClosedNumber.objects.create(channel="whatsapp", recipient="+584121234567", error_code="21610")
    catalog_services.make_offers(variant_ids=[ProductVariant.objects.earliest("pk").pk], price_amount=Decimal(7))
    ProductFactory(slug="lonely").tags.add(Tag.objects.create(slug="new", name="New"))
    Attribute.objects.create(code="grade", name="Grade")
    Category.objects.add_root({"slug": "kits", "name": "Kits"})
    SearchSynonym.objects.create(terms=["alicate", "nipper"])
    Search.objects.create(term="zaku", page=1, hits=2, is_partial=False)
    one_of_everything_of_pago_movil(payment)
    ShippingMethodFactory()
    TaxRateFactory()
    RateFactory()
    AlertFactory()
    ReviewFactory()
    store = order.lines.get().variant.product.store
    ProductImport.objects.create(store=store, kind="csv", file_name="a.csv", content=b"a", is_dry_run=True, actor=till)
    BulkChange.objects.create(store=store, target="price", method="set", actor=till)
    wish_for_something()
    eva = User.objects.create_user("eva@example.test", "a-long-password")
    eva_here = account_services.Device("Phone/1.0", "192.0.2.1")
    account_services.open_session(
        user=account_services.log_in(email=eva.email, password="a-long-password", device=eva_here), device=eva_here
    )


def wish_for_something():
    ada, product = User.objects.create_user("wisher@example.test"), goods()
    wishlists.add_item(wishlist_id=wishlists.ensure_favourites(owner=ada).pk, product_id=product.pk)
    ask(ada, product)


def one_of_everything_of_pago_movil(payment):
    recipient = make_recipient()
    layout = StatementLayout.objects.create(name="x", date_column="a", reference_column="b", amount_column="c")
    paid = {"reference": "123456", "reference_key": "123456", "amount": Decimal(1)}
    claim = PagoMovilClaim.objects.create(
        payment=payment, recipient=recipient, bank=recipient.bank, payment_date="2026-03-01", proof="x.webp", **paid
    )
    statement = BankStatement.objects.create(
        recipient=recipient, layout=layout, filename="x.csv", uploaded_by=User.objects.create_user("b@example.test")
    )
    StatementLine.objects.create(
        statement=statement, recipient=recipient, row=1, posted_date="2026-03-01", like_claim=claim, **paid
    )


@pytest.fixture(scope="module")
def pages(shop):
    """Of each model the page of its last row, and that row's history."""
    client = staff_client(email="reader@example.test", is_superuser=True)
    rows = {model: model._default_manager.order_by("pk").last() for model in OURS}
    return {
        (model._meta.label, page): client.get(reverse(admin_urlname(model._meta, page), args=[row.pk]))
        for model, row in rows.items()
        for page in ["change", "history"]
    }


def test_every_page_opens(pages):
    assert {name: answer.status_code for name, answer in pages.items() if answer.status_code != 200} == {}
    # a list's badge shows itself as a tuple elsewhere
    assert [name for name, answer in pages.items() if "(&#x27;" in answer.content.decode()] == []


def test_no_field_hides_a_forms_own_properties_from_the_scripts_of_its_page(pages):
    """`form.attributes` must be the element's: a field of that name would break every script on the page."""
    for name, answer in pages.items():
        page = answer.content.decode()
        assert re.findall(r'\sname="(attributes|children|elements|method|parentNode|submit)"', page) == [], name


def test_times_are_told_by_the_clock_of_the_shop(shop, settings):
    settings.SHOP_TIME_ZONE = "America/Caracas"
    WebhookEvent.objects.update(created_at="2026-03-01T02:30Z")

    page = boss_client().get(reverse("admin:payments_webhookevent_changelist")).content.decode()

    assert "28 Feb 2026, 22:30" in page


def test_money_rates_and_texts_are_shown_as_people_write_them(shop):
    ExchangeRateLog.objects.create(
        source="bcv",
        kind="official",
        currency="VES",
        rate=Decimal("784.6633"),
        value_date="2026-11-20",
        verdict="accepted",
        raw='{"dolar": {"rate": 784.6633}}',
    )
    Message.objects.update(text="First line\nSecond line")
    expected = {
        Payment: ["1.00 USD", "Bank transfer"],
        Message: ["First line\nSecond line</pre>"],
        ExchangeRateLog: ["784.6633", "Accepted", "&quot;rate&quot;: 784.6633\n"],
    }

    client = boss_client()
    for model, figures in expected.items():
        row = model.objects.latest("pk")
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
        page = client.get(address).content.decode()
        assert [figure for figure in figures if figure not in page] == []
        assert "1.0000" not in page
        assert "784.6633000000" not in page
