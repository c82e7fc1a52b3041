"""A customer says that he has sent a transfer: the clock stops, and nothing else changes until staff have looked."""

from io import BytesIO
from uuid import uuid4

import pytest
from django.urls import reverse
from PIL import Image
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.common import audit, private_files
from apps.common.tests.staff import boss_client
from apps.notifications.models import Message
from apps.orders import selectors as order_selectors
from apps.orders.models import Order
from apps.outbox import services as outbox
from apps.payments import services
from apps.payments.models import TransferProof
from apps.payments.tests.paying import order_of
from apps.stores.models import Store

pytestmark = pytest.mark.django_db

REPORT = {"bank_reference": "090037579602", "payer": "Ana Pérez"}


@pytest.fixture(autouse=True)
def private_folder(settings, tmp_path):
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


def a_file(content, name="proof.pdf"):
    file = BytesIO(content)
    file.name = name
    return file


PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def test_a_pdf_is_kept_as_it_came_and_handed_over_as_a_file(transfer):
    sent = post(transfer, form="multipart", picture=a_file(PDF, name="page.html"))

    proof = sent.json()
    url = f"/api/v1/payments/{transfer.public_id}/proofs/{proof['id']}/picture/"
    shown = APIClient().get(url, headers={"X-Order-Token": order_selectors.guest_token(transfer.order)})
    assert (sent.status_code, proof["picture_type"], shown.content) == (201, "application/pdf", PDF)
    assert TransferProof.objects.get().picture.name.endswith(".pdf")
    assert {name: shown[name] for name in HANDED_OVER} == HANDED_OVER
    assert shown["Cache-Control"] == "private, no-store"


HANDED_OVER = {
    "Content-Type": "application/pdf",
    "Content-Disposition": 'attachment; filename="proof.pdf"',
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def test_staff_get_a_pdf_as_a_file_too(transfer):
    post(transfer, form="multipart", picture=a_file(PDF))
    url = reverse("admin:payments_transfer_picture", args=[TransferProof.objects.get().pk])

    shown = boss_client().get(url)

    assert {name: shown[name] for name in HANDED_OVER} == HANDED_OVER


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7 and no end", b" " + PDF, b"<html>" + PDF, PDF[:-10] + b" " * private_files.MOST_BYTES_OF_A_PDF + PDF],
    ids=["no end", "a space before", "a page before", "too large"],
)
def test_what_is_no_pdf_of_our_size_is_refused(transfer, content):
    answer = post(transfer, form="multipart", picture=a_file(content))

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["picture"])


def test_staff_hear_of_it_at_once(transfer):
    Store.objects.filter(is_default=True).update(email="shop@example.test")

    for _ in range(2):
        post(transfer)
        while outbox.drain():  # work() leaves out mail
            pass

    message = Message.objects.get(template="staff_payment_to_verify")
    assert (message.recipient, message.order_number) == ("shop@example.test", transfer.order.number)
    assert "under the reference 090037579602" in " ".join(message.text.split())


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"", b"GIF89a"])
def test_what_is_no_picture_is_refused_and_leaves_nothing(transfer, content):
    answer = post(transfer, form="multipart", picture=a_file(content, name="proof.png"))

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
