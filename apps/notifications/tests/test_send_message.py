import smtplib
import socket

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.common import audit
from apps.notifications import services
from apps.notifications.models import Attachment, Message
from apps.notifications.providers import Document
from apps.notifications.tests.smtp_sink import smtp_sink
from apps.outbox import services as outbox
from apps.outbox.models import Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings):
    with smtp_sink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", sink.port, False
        settings.EMAIL_TIMEOUT = 1
        settings.DEFAULT_FROM_EMAIL = "Mecha Shop <orders@mecha.example>"
        yield sink


def queue(**changes):
    fields = {
        "to": "ada@example.test",
        "template": "welcome",
        "language": "en",
        "dedupe_key": "welcome-1",
        "context": {"name": "Ada"},
    }
    return services.queue_email(**fields | changes)


def state(message):
    message.refresh_from_db()
    return message.status, message.error


def test_a_mail_server_gets_both_parts_and_our_own_message_id(sink):
    message = queue()

    outbox.drain()

    [received] = sink.mails
    assert sink.recipients == ["ada@example.test"]
    assert received["To"] == "ada@example.test"
    assert received["From"] == "Mecha Shop <orders@mecha.example>"
    assert received["Message-ID"] == f"<{message.public_id}@mecha.example>"
    assert received["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in received.iter_parts()] == ["text/plain", "text/html"]
    assert received.get_body(["plain"]).get_content() == message.text.replace("\n", "\r\n")
    assert "<title>Welcome to 127.0.0.1:8000</title>" in received.get_body(["html"]).get_content()
    assert state(message) == ("sent", "")
    assert list(audit.run()) == []


INVOICE = Document("invoice-ORD-7.pdf", b"%PDF-1.7 \x00\xff and so on")


def test_a_document_goes_with_a_mail_and_again_when_staff_send_it_again(sink):
    message = queue(documents=[INVOICE])
    queue(documents=[INVOICE])  # told already

    outbox.drain()
    services.resend(message_id=message.pk, actor="staff:1", key="1")
    outbox.drain()

    assert len(sink.mails) == 2
    for received in sink.mails:
        assert received.get_content_type() == "multipart/mixed"
        assert "Welcome" in received.get_body(["html"]).get_content()
        [attached] = received.iter_attachments()
        assert attached["Content-Disposition"] == 'attachment; filename="invoice-ORD-7.pdf"'
        assert (attached.get_content_type(), attached.get_content()) == ("application/pdf", INVOICE.content)
    services.erase_messages(Message.objects.all(), email=message.recipient, tombstone="erased@example.invalid")
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("name", ["a.pdf\nBcc: x", 'a".pdf', "../a.pdf", "a.pdf.exe", "\u202eфdp.pdf"], ids=ascii)
def test_no_document_is_kept_whose_name_a_header_would_not_take(name):
    with pytest.raises(IntegrityError, match="attachment_named_plainly"), transaction.atomic():
        queue(documents=[Document(name, b"%PDF")])

    assert not Message.objects.exists()


def test_documents_that_no_server_takes_are_refused_at_once():
    with pytest.raises(ValidationError):
        queue(documents=[Document("a.pdf", bytes(4_000_000)), Document("b.pdf", bytes(4_000_000))])


def test_what_was_sent_is_not_sent_again(sink):
    message = queue()
    services.send_message(message_id=message.pk)

    services.send_message(message_id=message.pk)
    Delivery.objects.update(status="pending", attempts=0, due_at="2020-01-01T00:00:00Z")
    outbox.drain()

    assert len(sink.mails) == 1


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("RCPT", "450 4.2.1 come back later"),
        ("END", "451 4.3.0 out of space"),
        ("MAIL", "421 4.7.0 too many mails"),
        ("MAIL", "553 5.7.1 you are not who you say"),
        ("EHLO", "554 5.7.0 nobody is at home"),
    ],
)
def test_a_server_that_says_later_or_does_not_know_us_is_asked_again(sink, verb, answer):
    sink.answers = {verb: answer, "HELO": answer}
    message = queue()

    outbox.drain()
    assert state(message) == ("queued", "")
    delivery = Delivery.objects.get(message__event_type="notifications.MessageQueued")
    assert (delivery.status, delivery.attempts) == ("pending", 1)

    sink.answers = {}
    Delivery.objects.update(due_at="2020-01-01T00:00:00Z")
    outbox.drain()
    assert state(message) == ("sent", "")
    assert len(sink.mails) == 1


@pytest.mark.parametrize(
    ("verb", "answer"), [("RCPT", "550 5.1.1 no such mailbox"), ("END", "554 5.7.1 we take no such mail")]
)
def test_a_server_that_says_never_is_believed_and_the_reason_kept(sink, verb, answer):
    sink.answers = {verb: answer}
    message = queue()

    outbox.drain()

    assert state(message) == ("failed", answer)
    assert Delivery.objects.get().status == "done"
    assert sink.mails == []
    assert list(audit.run()) == []


def test_a_server_that_is_away_is_asked_again(settings):
    with smtp_sink() as gone:
        settings.EMAIL_PORT = gone.port
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "127.0.0.1", False
    message = queue()

    with pytest.raises(ConnectionRefusedError):
        services.send_message(message_id=message.pk)

    assert state(message) == ("queued", "")


def test_a_server_that_says_nothing_is_given_up_and_asked_again(settings):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", mute.getsockname()[1], False
        settings.EMAIL_TIMEOUT = 0.1
        message = queue()

        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            services.send_message(message_id=message.pk)

    assert state(message) == ("queued", "")


def test_a_server_that_hangs_up_after_the_text_is_asked_again_with_the_same_message_id(sink):
    message = queue()
    sink.answers = {"END": ""}

    with pytest.raises(smtplib.SMTPException):
        services.send_message(message_id=message.pk)
    first = f"<{message.public_id}@mecha.example>"
    sink.answers = {}
    services.send_message(message_id=message.pk)

    assert [mail["Message-ID"] for mail in sink.mails] == [first, first]


def test_a_message_of_the_tests_lands_in_the_outbox_of_django():
    queue()

    outbox.drain()

    assert [(sent.subject, sent.to) for sent in mail.outbox] == [("Welcome to 127.0.0.1:8000", ["ada@example.test"])]
    assert Message.objects.get().status == "sent"
