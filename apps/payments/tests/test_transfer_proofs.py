"""A customer says that he has sent a transfer: the clock stops, and nothing else changes until staff have looked."""

from io import BytesIO
from uuid import uuid4

import pytest
from PIL import Image
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.common import audit
from apps.orders import selectors as order_selectors
from apps.orders.models import Order
from apps.payments import services
from apps.payments.models import TransferProof
from apps.payments.tests.paying import order_of

pytestmark = pytest.mark.django_db

REPORT = {"bank_reference": "090037579602", "payer": "Ana Pérez"}


@pytest.fixture(autouse=True)
def private_files(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }


@pytest.fixture
def transfer(buyer):
    return buyer.begin(provider="bank_transfer")


def picture(size=(40, 30)):
    file = BytesIO()
    Image.new("RGB", size, "red").save(file, "PNG")
    file.seek(0)
    file.name = "../../etc/passwd.png"
    return file


def post(payment, form="json", token=None, **changes):
    token = order_selectors.guest_token(payment.order) if token is None else token
    headers = {"Idempotency-Key": uuid4().hex, "X-Order-Token": token}
    return APIClient().post(
        f"/api/v1/payments/{payment.public_id}/proofs/", REPORT | changes, format=form, headers=headers
    )


def test_a_report_stops_the_clock_and_pays_nothing(transfer):
    answer = post(transfer)

    assert (answer.status_code, answer.json()["bank_reference"]) == (201, "090037579602")
    transfer.refresh_from_db()
    assert (transfer.status, transfer.counted_amount) == ("processing", 0)
    order = order_of(transfer)
    assert (order.status, order.payment_due_at) == ("pending", None)
    assert list(audit.run()) == []


def test_staff_confirm_what_was_reported(transfer, staff):
    post(transfer)

    services.confirm_manual_payment(payment_id=transfer.pk, staff_user=staff, amount=transfer.money)

    assert order_of(transfer).status == "confirmed"


def test_a_report_that_staff_reject_gives_the_customer_another_window(transfer, staff):
    post(transfer)

    services.reject_manual_payment(payment_id=transfer.pk, staff_user=staff, reason="There is no such transfer")

    assert order_of(transfer).payment_due_at is not None
    assert services.new_attempt(order_id=transfer.order_id, provider="stripe").status == "created"


def test_the_same_reference_is_the_same_report_and_another_one_adds_to_it(transfer):
    first, again, other = post(transfer), post(transfer), post(transfer, bank_reference="777")

    assert first.json()["id"] == again.json()["id"] != other.json()["id"]
    assert TransferProof.objects.count() == 2


def test_a_sixth_report_is_refused(transfer):
    answers = [post(transfer, bank_reference=f"00{number}") for number in range(6)]

    assert [answer.status_code for answer in answers] == [201] * 5 + [409]
    assert answers[5].json()["code"] == "payment-not-reportable"


def test_a_picture_is_written_anew_and_shown_to_its_owner_alone(transfer):
    proof = post(transfer, form="multipart", picture=picture()).json()
    url = f"/api/v1/payments/{transfer.public_id}/proofs/{proof['id']}/picture/"
    owner = {"X-Order-Token": order_selectors.guest_token(transfer.order)}

    shown = APIClient().get(url, headers=owner)

    assert (proof["has_picture"], shown["Content-Type"], shown["Cache-Control"]) == (
        True,
        "image/webp",
        "private, no-store",
    )
    assert Image.open(BytesIO(shown.content)).format == "WEBP"
    assert "passwd" not in TransferProof.objects.get().picture.name
    assert APIClient().get(url).status_code == 404
    stranger = APIClient()
    stranger.force_authenticate(User.objects.create_user("eve@example.test", "a-long-password"))
    assert stranger.get(url).status_code == 404


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"", b"GIF89a"])
def test_what_is_no_picture_is_refused_and_leaves_nothing(transfer, content):
    file = BytesIO(content)
    file.name = "proof.png"

    answer = post(transfer, form="multipart", picture=file)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["picture"])
    assert not TransferProof.objects.exists()
    transfer.refresh_from_db()
    assert transfer.status == "pending"


@pytest.mark.parametrize("reference", ["", "x", "a" * 61, "12\n34", "<b>1234</b>"])
def test_a_reference_is_what_a_bank_could_show(transfer, reference):
    answer = post(transfer, bank_reference=reference)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["bank_reference"])


def test_only_an_open_transfer_can_be_reported(buyer, transfer, staff):
    services.confirm_manual_payment(payment_id=transfer.pk, staff_user=staff, amount=transfer.money)
    card = buyer.begin()

    assert [post(payment).status_code for payment in (transfer, card)] == [409, 409]


def test_a_stranger_reports_nothing(transfer):
    assert post(transfer, token="nonsense").status_code == 404
    assert Order.objects.get().payment_due_at is not None
