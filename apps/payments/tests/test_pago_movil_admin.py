"""Pago Móvil on the staff's desk: the queue, the typed amount, two people, statements."""

from io import BytesIO
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from apps.payments.models import PagoMovilRecipient, StatementLayout
from apps.payments.tests.mobile_payments import begin, fresh, make_rate, make_recipient, make_staff, report, today
from apps.payments.tests.paying import order_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(db, settings):
    settings.PAGO_MOVIL = True
    make_rate()
    return make_recipient()


@pytest.fixture
def claim():
    return report(begin())


def desk_of(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def desk():
    return desk_of(make_staff("ana"))


def press(desk, obj, button, **answers):
    name = f"admin:payments_{obj._meta.model_name}"
    return desk.post(
        reverse(f"{name}_button", args=[obj.pk, button]), {"once": str(uuid4()), **answers}, follow=True
    ).content.decode()


def test_the_queue_shows_both_amounts_and_the_page_what_is_odd(desk):
    claim = report(begin(), amount=1000)
    queue = desk.get(reverse("admin:payments_pagomovilclaim_changelist") + "?queue=to_verify").content.decode()
    page = desk.get(reverse("admin:payments_pagomovilclaim_change", args=[claim.pk])).content.decode()

    assert "1360.00 VES" in queue
    assert "1000.00 VES" in queue
    assert "1000.00 VES were reported where 1360.00 VES were asked." in page


def test_the_amount_is_typed_and_never_filled_in(desk, claim):
    page = desk.get(reverse("admin:payments_pagomovilclaim_button", args=[claim.pk, "approve"])).content.decode()

    assert "1360" not in page
    assert "1.360" not in page


def test_the_right_amount_confirms_and_another_is_refused_with_both_figures(desk, claim):
    refused = press(desk, claim, "approve", amount="136.00")
    assert "The bank shows 136.00 VES where 1360.00 VES were asked." in refused
    assert fresh(claim).state == "reported"

    press(desk, claim, "approve", amount="1360.00")

    assert (fresh(claim).state, order_of(claim.payment).status) == ("confirmed", "confirmed")


def test_a_difference_is_accepted_by_a_tick(desk, claim):
    press(desk, claim, "approve", amount="680.00", accept_difference="on")

    assert fresh(claim).state == "partial"


def test_two_people_at_two_desks(desk, claim, settings):
    settings.PAGO_MOVIL_TWO_PEOPLE_ABOVE = "10"

    press(desk, claim, "approve", amount="1360.00")
    assert "somebody else must" in press(desk, claim, "approve", amount="1360.00")
    press(desk_of(make_staff("luis")), claim, "approve", amount="1360.00")

    assert fresh(claim).state == "confirmed"


def test_a_rejection_is_written_down_with_its_reason(desk, claim):
    press(desk, claim, "take")
    press(desk, claim, "reject", reason="No such reference")

    page = desk.get(reverse("admin:payments_pagomovilclaim_change", args=[claim.pk])).content.decode()
    assert fresh(claim).state == "rejected"
    assert "No such reference" in page


def test_the_payments_own_buttons_are_not_offered(desk, claim):
    page = desk.get(reverse("admin:payments_payment_change", args=[claim.payment_id])).content.decode()

    assert "Confirm transfer" not in page
    assert "Reject transfer" not in page


def test_a_picture_is_shown_to_those_who_may_see_reports(desk, claim):
    address = reverse("admin:payments_pagomovilclaim_proof", args=[claim.pk])

    assert desk.get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_a_statement_is_brought_from_the_accounts_page(desk, shop, claim):
    layout = StatementLayout.objects.create(
        name="Test", date_column="Fecha", reference_column="Referencia", amount_column="Monto"
    )
    day = today().strftime("%d/%m/%Y")
    file = BytesIO(f"Fecha;Referencia;Monto\n{day};90037579602;1.360,00\n".encode())
    file.name = "today.csv"

    page = press(desk, shop, "statement", layout=layout.pk, file=file)

    assert "1 lines, 0 of them known: 1 reports confirmed" in page
    assert fresh(claim).state == "confirmed"


def test_an_account_is_read_like_everything_that_people_type(desk, shop):
    data = {
        "bank": shop.bank_id,
        "phone": "0414 9998877",
        "document": "j-31294846-9",
        "holder": "Tienda",
        "account_number": "",
        "daily_limit_amount": "",
        "is_active": "on",
        "position": "1",
    }
    address = reverse("admin:payments_pagomovilrecipient_add")

    refused = desk.post(address, data | {"document": "J312948468"}).content.decode()
    desk.post(address, data)

    assert "The last digit of this RIF does not fit the others" in refused
    assert PagoMovilRecipient.objects.latest("pk").phone == "+584149998877"
