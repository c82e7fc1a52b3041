"""Paying by Pago Móvil as customers and staff do it, for tests: one dollar costs 100 bolívares."""

from datetime import timedelta
from decimal import Decimal

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.fx_rates.bank_days import caracas_date
from apps.fx_rates.tests.factories import RateFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.orders.models import Order
from apps.orders.tests.placing import place
from apps.payments import services
from apps.payments.models import Bank, PagoMovilClaim, PagoMovilRecipient, Payment
from apps.payments.services import pago_movil

VENEZUELA, MERCANTIL = "0102", "0105"


def make_banks():
    for code, name in ((VENEZUELA, "Banco de Venezuela"), (MERCANTIL, "Mercantil")):
        Bank.objects.get_or_create(code=code, defaults={"name": name, "short_name": name})


def make_recipient(**changes):
    make_banks()
    fields = {
        "bank": Bank.objects.get(code=VENEZUELA),
        "phone": "+584141112233",
        "document": "J312948469",
        "holder": "Tienda, C.A.",
    }
    return PagoMovilRecipient.objects.create(**fields | changes)


def make_staff(name="ana"):
    return User.objects.create_superuser(f"{name}@example.test", "a-long-password")


def today():
    return caracas_date(database_now())


def make_rate(rate="100"):
    return RateFactory(rate=Decimal(rate))


def open_order(days_ago=0, **options):
    """An order of 13.60 USD, which is 1360.00 VES."""
    order = place(StockItemFactory(on_hand=1), minutes=1440, **options)
    Order.objects.filter(pk=order.pk).update(created_at=order.created_at - timedelta(days=days_ago))
    return order


def begin(order=None, part=None):
    payment = services.open_payment(order=order or open_order(), provider="pago_movil", part=part)
    services.start_payment(payment_id=payment.pk)
    return Payment.objects.get(pk=payment.pk)


def a_report(**changes):
    fields = {
        "bank": Bank.objects.get(code=changes.pop("bank_code", MERCANTIL)),
        "phone": "+584121234567",
        "document": "V12345678",
        "reference": "090037579602",
        "payment_date": today(),
        "amount": Decimal("1360.00"),
    }
    return pago_movil.Report(**fields | changes)


def report(payment, **changes):
    return pago_movil.report_claim(payment_id=payment.pk, report=a_report(**changes), actor="customer")


def approve(claim, staff, amount="1360.00", **options):
    return pago_movil.approve_claim(claim_id=claim.pk, staff_user=staff, amount=Decimal(amount), **options)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def history(claim):
    return [(one.old, one.new) for one in PagoMovilClaim.objects.get(pk=claim.pk).events.order_by("pk")]
