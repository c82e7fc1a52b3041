"""Pago Móvil over the API: what customers are told and report, what staff decide, and what nobody else sees."""

from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from PIL import Image
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.orders import selectors as order_selectors
from apps.payments.models import PagoMovilClaim, StatementLayout
from apps.payments.tests.mobile_payments import (
    begin,
    fresh,
    make_rate,
    make_recipient,
    make_staff,
    open_order,
    report,
    today,
)
from apps.payments.tests.paying import order_of

pytestmark = pytest.mark.django_db

BASE = "/api/v1/payments/pago-movil/"


class Caller:
    def __init__(self, user=None, token="", language="en"):
        self.client = APIClient()
        self.client.force_authenticate(user)
        self.headers = {"Accept-Language": language} | ({"X-Order-Token": token} if token else {})

    def get(self, path):
        return self.client.get(BASE + path, headers=self.headers)

    def post(self, path, body=None, key=None, kind="json"):
        headers = self.headers | {"Idempotency-Key": key or uuid4().hex}
        return self.client.post(BASE + path, body or {}, format=kind, headers=headers)


@pytest.fixture(autouse=True)
def shop(db, settings):
    settings.PAGO_MOVIL = True
    make_rate()
    return make_recipient()


@pytest.fixture
def ada(db):
    return User.objects.create_user("ada@example.test", "a-long-password")


@pytest.fixture
def ana(db):
    return make_staff("ana")


@pytest.fixture
def payment(ada):
    return begin(open_order(customer_id=ada.pk))


def typed(payment, **changes):
    return {
        "payment": str(payment.public_id),
        "bank": "0105",
        "phone": "0412-1234567",
        "document": "v-12.345.678",
        "reference": "0900 3757 9602",
        "payment_date": today().strftime("%d/%m/%Y"),
        "amount": "1.360,00",
    } | changes


def picture(size=(40, 30)):
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, "PNG")
    out.seek(0)
    out.name = "<script>.png"
    return out


def guest_of(payment, **options):
    return Caller(token=order_selectors.guest_token(payment.order), **options)


def test_the_banks_are_for_everybody_and_the_accounts_for_staff(ada, ana):
    assert [one["code"] for one in Caller().get("banks/").json()] == ["0102", "0105"]
    assert [Caller(who).get("recipients/").status_code for who in (None, ada)] == [401, 403]
    shown = Caller(ana).get("recipients/").json()
    assert (shown[0]["phone"], shown[0]["asked_today"]) == ("+584141112233", {"amount": "0.00", "currency": "VES"})


def test_a_customer_sees_the_instructions_of_his_own_payment(payment, ada, buyer):
    path = f"instructions/{payment.public_id}/"

    for owner in (Caller(ada), guest_of(payment)):
        body = owner.get(path).json()
        assert (body["amount"], body["concept"]) == ({"amount": "1360.00", "currency": "VES"}, payment.order.number)
    for stranger in (Caller(), guest_of(begin())):
        assert stranger.get(path).status_code == 404
    assert Caller(make_staff("eva")).get(f"instructions/{buyer.begin().public_id}/").status_code == 404


def test_what_a_customer_types_is_kept_in_one_spelling(payment, ada):
    response = Caller(ada).post("claims/", typed(payment))

    assert response.status_code == 201
    body = response.json()
    assert (body["phone"], body["document"], body["reference"]) == ("+584121234567", "V12345678", "090037579602")
    assert (body["amount"], body["state"]) == ({"amount": "1360.00", "currency": "VES"}, "reported")
    assert body["payment_date"] == today().isoformat()
    assert "doubts" not in body
    assert (fresh(payment).status, order_of(payment).payment_due_at) == ("processing", None)


def test_a_guest_reports_with_his_orders_token():
    payment = begin()

    response = guest_of(payment).post("claims/", typed(payment))

    assert response.status_code == 201
    assert guest_of(payment).get(f"claims/{response.json()['id']}/").json()["state"] == "reported"
    assert guest_of(begin()).get(f"claims/{response.json()['id']}/").status_code == 404


@pytest.mark.parametrize(
    ("days", "said"),
    [(1, "This day is still to come."), (-1, "This day is before the order was placed."), (-20, "before the order")],
)
def test_a_day_that_cannot_be_is_named_beside_the_other_fields(payment, ada, days, said):
    day = (today() + timedelta(days=days)).isoformat()

    response = Caller(ada).post("claims/", typed(payment, payment_date=day, reference="12"))

    errors = response.json()["errors"]
    assert (response.status_code, sorted(errors)) == (400, ["payment_date", "reference"])
    assert said in errors["payment_date"][0]


def test_a_day_is_not_compared_with_somebody_elses_order(ada):
    yesterday = (today() - timedelta(days=1)).isoformat()

    response = Caller(ada).post("claims/", typed(begin(), payment_date=yesterday))

    assert (response.status_code, response.json()["code"]) == (404, "payment-not-found")


def test_every_field_is_refused_in_the_callers_language(payment, ada):
    wrong = {"phone": "0212 1", "document": "J312948468", "reference": "12", "payment_date": "x", "amount": "1.360"}

    response = Caller(ada, language="es").post("claims/", typed(payment, bank="0116", **wrong))

    errors = response.json()["errors"]
    assert (response.status_code, sorted(errors)) == (400, sorted(["bank", *wrong]))
    assert errors["phone"] == ["Escribe el número de celular desde el que pagaste, como 0412 1234567."]
    assert errors["amount"] == ["Escribe el monto con sus céntimos, como 1234,56; así se puede leer de dos maneras."]
    assert not PagoMovilClaim.objects.exists()


def test_a_stranger_reports_nothing_and_sees_nothing(payment, ada):
    stranger = Caller(User.objects.create_user("eve@example.test", "a-long-password"))

    assert stranger.post("claims/", typed(payment)).status_code == 404
    claim = report(payment)
    assert stranger.get(f"claims/{claim.public_id}/").status_code == 404
    assert stranger.get("claims/").json()["count"] == 0
    assert Caller().get("claims/").status_code == 401
    assert Caller(ada).get("claims/").json()["count"] == 1


def test_the_same_request_again_and_the_same_reference_again_are_one_report(payment, ada):
    first = Caller(ada).post("claims/", typed(payment), key="k").json()

    assert Caller(ada).post("claims/", typed(payment), key="k").json() == first
    assert Caller(ada).post("claims/", typed(payment, reference="90037579602")).json()["id"] == first["id"]


def test_a_reference_of_somebody_else_is_a_conflict(payment, ada):
    report(begin())

    response = Caller(ada, language="pt").post("claims/", typed(payment))

    assert (response.status_code, response.json()["code"]) == (409, "reference-used")
    assert response.json()["detail"] == "Esta referência já foi informada. Confira os dígitos ou escreva para nós."


def test_a_proof_is_encoded_anew_kept_apart_and_shown_to_its_people(payment, ada, ana, settings):
    response = Caller(ada).post("claims/", typed(payment, proof=picture()), kind="multipart")

    assert (response.status_code, response.json()["has_proof"]) == (201, True)
    claim = PagoMovilClaim.objects.get()
    assert claim.proof.path.startswith(settings.PRIVATE_MEDIA_ROOT)
    assert not claim.proof.path.startswith(settings.MEDIA_ROOT)
    assert "script" not in claim.proof.name
    path = f"claims/{claim.public_id}/proof/"
    for reader in (Caller(ada), Caller(ana)):
        shown = reader.get(path)
        assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/webp", "nosniff")
        assert "no-store" in shown["Cache-Control"]
        assert Image.open(BytesIO(shown.content)).format == "WEBP"
    assert Caller().get(path).status_code == 404
    claim.proof.delete(save=False)


def test_the_same_form_again_is_the_same_request_though_its_bytes_differ(payment, ada):
    answers = [
        Caller(ada).post("claims/", typed(payment, proof=picture()), key="k", kind="multipart") for _ in range(2)
    ]
    other = Caller(ada).post("claims/", typed(payment, proof=picture((50, 50))), key="k", kind="multipart")

    assert answers[0].json() == answers[1].json()
    assert other.json()["code"] == "idempotency-key-reused"


@pytest.mark.parametrize("content", [b"<svg/>", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n broken"])
def test_what_is_no_picture_is_refused(payment, ada, content):
    file = BytesIO(content)
    file.name = "proof.png"

    response = Caller(ada).post("claims/", typed(payment, proof=file), kind="multipart")

    assert (response.status_code, list(response.json()["errors"])) == (400, ["proof"])
    assert not PagoMovilClaim.objects.exists()


def test_somebody_who_guesses_is_stopped(payment, ada, settings):
    settings.PAGO_MOVIL_REPORTS_PER_HOUR = 2

    codes = [Caller(ada).post("claims/", typed(payment, reference="1")).status_code for _ in range(3)]

    assert codes == [400, 400, 429]


def test_many_from_one_address_are_stopped(settings):
    settings.PAGO_MOVIL_REPORTS_PER_HOUR_ADDRESS = 1

    codes = [guest_of(begin()).post("claims/", {}).status_code for _ in range(2)]

    assert codes == [400, 429]


def test_staff_see_the_two_amounts_and_what_is_odd_and_decide(payment, ana):
    claim = report(payment, amount=fresh(payment).amount - 1)
    path = f"claims/{claim.public_id}/"

    shown = Caller(ana).get(path).json()
    assert (shown["asked"]["amount"], shown["amount"]["amount"]) == ("1360.00", "1359.00")
    assert [one["code"] for one in shown["doubts"]] == ["amount"]
    refused = Caller(ana).post(f"{path}approve/", {"amount": "1359.00"})
    assert (refused.status_code, refused.json()["code"]) == (409, "amount-differs")
    assert refused.json()["asked"] == {"amount": "1360.00", "currency": "VES"}

    approved = Caller(ana).post(f"{path}approve/", {"amount": "1359.00", "accept_difference": True}).json()

    assert (approved["state"], approved["received"]["amount"]) == ("partial", "1359.00")
    assert order_of(payment).balance.amount == fresh(payment).order_amount - fresh(payment).counted_amount


def test_approving_again_with_the_same_key_answers_the_same(payment, ana):
    claim = report(payment)
    path = f"claims/{claim.public_id}/approve/"

    answers = [Caller(ana).post(path, {"amount": "1360.00"}, key="k").json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert answers[0]["state"] == "confirmed"


def test_a_rejection_tells_the_customer_why(payment, ada, ana):
    claim = report(payment)

    assert Caller(ana).post(f"claims/{claim.public_id}/take/").json()["state"] == "under_review"
    Caller(ana).post(f"claims/{claim.public_id}/reject/", {"reason": "No such reference"})

    shown = Caller(ada).get(f"claims/{claim.public_id}/").json()
    assert (shown["state"], shown["reason"]) == ("rejected", "No such reference")
    assert Caller(ada).post("claims/", typed(payment, reference="777888999")).status_code == 201


@pytest.mark.parametrize("action", ["take", "approve", "reject"])
def test_customers_and_staff_without_the_permission_decide_nothing(payment, ada, action):
    claim = report(payment)
    helper = User.objects.create_user("helper@example.test", "a-long-password", is_staff=True)
    path = f"claims/{claim.public_id}/{action}/"
    body = {"amount": "1360.00", "reason": "x"}

    codes = [Caller(who).post(path, body).status_code for who in (None, ada, helper)]

    assert codes == [401, 403, 403]
    assert fresh(claim).state == "reported"


def test_staff_may_report_for_a_customer_with_fewer_digits(payment, ana):
    response = Caller(ana).post("claims/", typed(payment, reference="9602"))

    assert (response.status_code, response.json()["reference"]) == (201, "9602")


def test_a_statement_is_brought_by_staff(payment, shop, ada, ana):
    claim = report(payment)
    layout = StatementLayout.objects.create(
        name="Test", date_column="Fecha", reference_column="Referencia", amount_column="Monto"
    )

    def bring(who, key):
        day = today().strftime("%d/%m/%Y")
        file = BytesIO(f"Fecha;Referencia;Monto\n{day};90037579602;1.360,00\n{day};1;5,00".encode())
        file.name = "today.csv"
        body = {"recipient": str(shop.public_id), "layout": layout.pk, "file": file}
        return Caller(who).post("statements/", body, key=key, kind="multipart")

    assert bring(ada, "a").status_code == 403
    first, again = bring(ana, "b"), bring(ana, "b")

    assert first.status_code == 201
    assert first.json() == again.json()
    assert [one["claim"] for one in first.json()["confirmed"]] == [str(claim.public_id)]
    assert [one["explanation"] for one in first.json()["unmatched"]] == ["Nobody has reported it."]
    assert Caller(ana).get("statements/").json()["count"] == 1
    assert Caller(ana).get("statements/layouts/").json() == [{"id": layout.pk, "name": "Test"}]
