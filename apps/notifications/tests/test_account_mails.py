"""What people read about their accounts, word for word."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services as account_services
from apps.accounts.exceptions import SessionEnded
from apps.accounts.models import StepUpPurpose, User, UserSession
from apps.accounts.tests import second_factors
from apps.accounts.tests.factories import UserFactory
from apps.common.tests.staff import boss_client
from apps.notifications import services
from apps.notifications.models import Message
from apps.outbox import services as outbox
from apps.stores.tests.factories import StoreFactory

pytestmark = pytest.mark.django_db

EVENING = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def shop(settings):
    settings.STOREFRONT_URL = "https://shop.example"
    StoreFactory(name="Mecha Shop", is_default=True)


@pytest.fixture
def user():
    return UserFactory(email="eva@example.test", first_name="Eva", language="en")


def sign_in(user, device, address="192.0.2.1"):
    tokens = account_services.open_session(user=user, device=account_services.Device(device, address))
    UserSession.objects.filter(user_agent=device).update(created_at=EVENING)
    return tokens


def told(template):
    outbox.drain()
    message = Message.objects.get(template=template)
    return message, [line for line in message.text.splitlines() if line.strip()]


def test_a_new_device_is_told_of_with_nothing_to_click_that_a_stranger_wrote(user):
    sign_in(user, "Phone/1.0")
    sign_in(user, "Free money at http://evil.example")

    message, lines = told("new_device")

    assert (message.recipient, message.subject) == ("eva@example.test", "New sign-in to your account")
    assert lines == [
        "Hello Eva,",
        "Somebody has just signed in to your account on a device that was not used before. If it was you, there is "
        "nothing to do.",
        "Device: Free money at http: //evil. example",
        "Internet address: 192.0.2.1",
        "Time: 21 Nov 2026, 15:30 (UTC-04:00)",
        "Look after my account:",
        "https://shop.example/account/security",
        "If it was not you, change your password now and sign out your other devices.",
        "-- ",
        "Mecha Shop",
        "https://shop.example",
    ]
    assert 'href="http://evil' not in message.html


def test_sign_ins_from_many_networks_are_told_of(user):
    for address in ("198.51.100.1", "203.0.113.1", "192.0.2.1"):
        account_services.open_session(user=user, device=account_services.Device("Phone/1.0", address))

    message, lines = told("suspicious_sign_in")

    assert message.subject == "Unusual sign-ins to your account"
    assert lines[1] == "Within an hour your account was signed in to from 3 different networks. This is the latest:"
    assert "To be safe we have signed out your other devices." in lines


def test_a_device_that_was_signed_out_for_a_reused_token_is_told_of(user):
    tokens = sign_in(user, "Phone/1.0")
    account_services.refresh_tokens(refresh=tokens.refresh)
    UserSession.objects.update(rotated_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(SessionEnded):
        account_services.refresh_tokens(refresh=tokens.refresh)

    message, lines = told("session_reused")

    assert message.subject == "We have signed out one of your devices"
    assert "Device: Phone/1.0" in lines


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        (
            "es",
            "Tu código",
            [
                "Hola, Eva:",
                "Para borrar tu cuenta, escribe este código:",
                "Funciona una vez, durante 10 minutos. Nadie de la tienda te lo pedirá nunca.",
                "Si no fuiste tú, cambia tu contraseña ahora y cierra la sesión en tus otros dispositivos.",
            ],
        ),
        (
            "en",
            "Your code",
            [
                "Hello Eva,",
                "To delete your account, type this code:",
                "It works once, for 10 minutes. Nobody from the shop will ever ask you for it.",
                "If it was not you, change your password now and sign out your other devices.",
            ],
        ),
        (
            "pt",
            "O seu código",
            [
                "Olá, Eva,",
                "Para excluir a sua conta, digite este código:",
                "Funciona uma vez, por 10 minutos. Ninguém da loja vai pedi-lo a você.",
                "Se não foi você, troque a sua senha agora e encerre a sessão nos seus outros dispositivos.",
            ],
        ),
    ],
)
def test_a_code_says_what_it_is_for_in_the_persons_language(user, language, subject, words):
    User.objects.filter(pk=user.pk).update(language=language)
    sign_in(user, "Phone/1.0")
    session = UserSession.objects.get()
    sent = account_services.request_code(
        user=user,
        session_id=session.public_id,
        purpose=StepUpPurpose.ERASE_ACCOUNT,
        device=account_services.Device(),
    )

    message, lines = told("step_up_code")

    assert message.subject == subject
    assert lines[:5] == [*words[:2], services.CODE, *words[2:]]
    assert account_services.code_to_send(sent) in mail.outbox[-1].body


@pytest.mark.parametrize(
    ("language", "asks", "tells"),
    [
        (
            "es",
            [
                "Confirma tu nuevo correo",
                "Tu cuenta tendrá este correo de ahora en adelante. Confirma que es tuyo:",
                "El enlace funciona una vez, durante 24 horas. Si no sabes de qué se trata, no tienes que hacer nada.",
            ],
            [
                "Tu correo cambió",
                "Tu cuenta tiene ahora otro correo, e•••@new.example. De ahora en adelante entras con ese.",
                "Si no fuiste tú, responde a este mensaje ahora mismo para que podamos cerrar la cuenta.",
            ],
        ),
        (
            "en",
            [
                "Confirm your new e-mail address",
                "Your account is to have this e-mail address from now on. Confirm that it is yours:",
                "The link works once, for 24 hours. If you know nothing of this, there is nothing to do.",
            ],
            [
                "Your e-mail address has changed",
                "Your account has another e-mail address now, e•••@new.example. You log in with that one from now on.",
                "If it was not you, answer this mail at once, so that we can close the account.",
            ],
        ),
        (
            "pt",
            [
                "Confirme o seu novo e-mail",
                "A sua conta terá este e-mail de agora em diante. Confirme que ele é seu:",
                "O link funciona uma vez, por 24 horas. Se você não sabe do que se trata, não precisa fazer nada.",
            ],
            [
                "O seu e-mail mudou",
                "A sua conta tem agora outro e-mail, e•••@new.example. De agora em diante você entra com ele.",
                "Se não foi você, responda a esta mensagem agora mesmo para que possamos fechar a conta.",
            ],
        ),
    ],
    ids=["es", "en", "pt"],
)
def test_both_mailboxes_hear_of_another_address(user, language, asks, tells):
    User.objects.filter(pk=user.pk).update(language=language)
    device = account_services.Device()
    account_services.request_email_change(user=user, email="eva@new.example", device=device)
    message, lines = told("change_email")
    link = lines[2]
    assert [message.subject, lines[1], lines[3]] == asks
    assert (message.recipient, link in message.html) == ("eva@new.example", True)

    account_services.change_email(token=link.partition("?token=")[2], device=device)

    message, lines = told("email_changed")
    assert [message.subject, *lines[1:3]] == tells
    assert message.recipient == "eva@example.test"


@pytest.mark.parametrize(
    ("language", "subject", "set_up", "reset", "recovered", "warning"),
    [
        (
            "es",
            "Tu segundo factor",
            "Tu cuenta tiene un segundo factor nuevo y se cerró la sesión en tus dispositivos.",
            "El segundo factor de tu cuenta se restableció y se cerró la sesión en tus dispositivos. "
            "Configúralo de nuevo la próxima vez que entres.",
            "Alguien entró con uno de tus códigos de recuperación. Ese código no volverá a funcionar.",
            "Si no sabes de qué se trata, avisa ahora mismo al dueño de la tienda.",
        ),
        (
            "en",
            "Your second factor",
            "A second factor was set up for your account, and your devices were signed out.",
            "The second factor of your account was reset, and your devices were signed out. "
            "Set it up again at your next login.",
            "Somebody has signed in with one of your recovery codes. It will not work again.",
            "If you know nothing of this, tell the shop's owner at once.",
        ),
        (
            "pt",
            "O seu segundo fator",
            "A sua conta tem um novo segundo fator e a sessão foi encerrada nos seus dispositivos.",
            "O segundo fator da sua conta foi redefinido e a sessão foi encerrada nos seus dispositivos. "
            "Configure-o de novo na próxima vez que entrar.",
            "Alguém entrou com um dos seus códigos de recuperação. Esse código não funcionará de novo.",
            "Se você não sabe do que se trata, avise agora mesmo o dono da loja.",
        ),
    ],
    ids=["es", "en", "pt"],
)
def test_staff_are_told_what_becomes_of_their_second_factor(user, language, subject, set_up, reset, recovered, warning):
    User.objects.filter(pk=user.pk).update(language=language)
    _, codes = second_factors.set_up(user)
    account_services.check_second_factor(user=user, otp=codes[0], device=account_services.Device())
    account_services.reset_second_factor(user=user)

    outbox.drain()

    mails = Message.objects.filter(template="second_factor_changed").order_by("pk")
    told = [(mail.subject, *[line for line in mail.text.splitlines() if line.strip()][1:3]) for mail in mails]
    assert told == [(subject, what, warning) for what in (set_up, recovered, reset)]


def test_staff_do_not_read_what_opens_an_account(user):
    account_services.request_reset(email=user.email, device=account_services.Device())
    message, _ = told("reset_password")
    link = message.text.partition("?token=")[2].split()[0]

    page = boss_client().get(reverse("admin:notifications_message_change", args=[message.pk])).content.decode()

    assert ("opens the account" in page, link in page) == (True, False)
