"""What accounts holds of a person, and what the apps below it do: they cannot know who is who."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.models import (
    Address,
    Consent,
    ConsentSource,
    DataExport,
    EndReason,
    GoogleIdentity,
    MailLink,
    SecurityAttempt,
    User,
    UserSession,
)
from apps.accounts.services.sessions import end_sessions
from apps.common.models import Counter, IdempotencyRecord
from apps.common.personal_data import Attached, Erased, Holding, Person, register
from apps.outbox.models import Delivery, OutboxMessage

_STAFF = "which colleague did it; a member of the staff has his rights taken away, and leaves this number behind"


def export_profile(person: Person) -> dict[str, Any]:
    shown = "public_id email email_verified_at first_name last_name phone username date_of_birth language"
    more = "currency channels created_at last_login"
    return User.objects.filter(pk=person.user_id).values(*shown.split(), *more.split()).get()


def export_consents(person: Person) -> list[dict[str, Any]]:
    shown = "kind created_at source withdrawn_at withdrawn_by"
    return list(Consent.objects.filter(user=person.user_id).order_by("pk").values(*shown.split()))


def erase_consents(person: Person) -> Erased:
    """They end; that they were given stays, and says nothing of a person any more."""
    live = Consent.objects.filter(user=person.user_id, withdrawn_at=None)
    return Erased(live.update(withdrawn_at=Now(), withdrawn_by=ConsentSource.ERASURE, updated_at=Now()))


def profile_picture(person: Person) -> Iterator[Attached]:
    user = User.objects.get(pk=person.user_id)
    if user.picture:
        yield "picture.webp", user.picture


def erase_profile(person: Person) -> Erased:
    """The row itself is emptied by the service, last of all."""
    return Erased(1, [file for _, file in profile_picture(person)])


def export_addresses(person: Person) -> list[dict[str, Any]]:
    hidden = {"id", "user", "public_id", "updated_at"}
    shown = [field.name for field in Address._meta.concrete_fields if field.name not in hidden]
    return list(Address.objects.filter(user_id=person.user_id).order_by("pk").values(*shown))


def erase_addresses(person: Person) -> Erased:
    return Erased(Address.objects.filter(user_id=person.user_id).delete()[0])


def export_security(person: Person) -> dict[str, Any]:
    mine = Q(user_id=person.user_id)
    sessions = "created_at last_activity_at expires_at ended_at end_reason user_agent ip_address"
    attempts = "created_at kind is_success reason email user_agent ip_address"
    links = "created_at purpose expires_at used_at ip_address"
    return {
        "sessions": list(UserSession.objects.filter(mine).order_by("pk").values(*sessions.split())),
        "attempts": list(_attempts(person).order_by("pk").values(*attempts.split())),
        "mailed_links": list(MailLink.objects.filter(mine).order_by("pk").values(*links.split())),
        "google_identities": list(GoogleIdentity.objects.filter(mine).order_by("pk").values("subject", "created_at")),
        "data_exports": list(DataExport.objects.filter(mine).order_by("pk").values("created_at", "status", "ready_at")),
    }


def _attempts(person: Person) -> QuerySet[SecurityAttempt]:
    return SecurityAttempt.objects.filter(Q(user_id=person.user_id) | Q(email__iexact=person.email))


def erase_security(person: Person) -> Erased:
    mine = Q(user_id=person.user_id)
    files = [export.file for export in DataExport.objects.filter(mine).exclude(file="")]
    end_sessions(UserSession.objects.filter(mine), reason=EndReason.ACCOUNT_CLOSED)
    rows = _attempts(person).update(email="", ip_address=None, user_agent="")
    his: list[type[Model]] = [UserSession, MailLink, GoogleIdentity, DataExport, TOTPDevice, StaticDevice]
    for model in his:
        rows += model._default_manager.filter(mine).delete()[0]
    return Erased(rows, files)


def export_traces(person: Person) -> Any:
    entries = LogEntry.objects.filter(user_id=person.user_id).order_by("pk")
    return list(entries.values("action_time", "object_repr", "change_message"))


def erase_traces(person: Person) -> Erased:
    """Wherever the address was written down in passing: staff's log, counters, announcements, repeated requests."""
    is_named = Q(object_repr__icontains=person.email) | Q(change_message__icontains=person.email)
    rows = LogEntry.objects.filter(is_named).update(object_repr="erased person", change_message="")
    counted = Q(key__contains=f":{person.email}")
    if person.phone:
        counted |= Q(key__endswith=f":{person.phone}")
    rows += Counter.objects.filter(counted).delete()[0]
    is_about = Q(payload__email__iexact=person.email) | Q(payload__user_id=person.user_id)
    for message in OutboxMessage.objects.filter(is_about):
        gone = {"email": person.tombstone, "old_email": person.tombstone, "address": ""}
        said = {name: text for name, text in gone.items() if name in message.payload}
        rows += OutboxMessage.objects.filter(pk=message.pk).update(payload={**message.payload, **said})
    rows += Delivery.objects.filter(last_error__icontains=person.email).update(last_error="")
    rows += IdempotencyRecord.objects.filter(caller=f"user:{person.user_id}").delete()[0]
    return Erased(rows)


register(
    Holding(
        name="profile",
        about="Who you are to the shop, and how you want to be spoken to; with your picture.",
        export=export_profile,
        files=profile_picture,
        erase=erase_profile,
        exports=["accounts.User"],
        erases=[
            f"accounts.User.{column}"
            for column in (
                "email",
                "first_name",
                "last_name",
                "phone",
                "phone_for_codes",
                "username",
                "date_of_birth",
                "picture",
            )
        ]
        + ["accounts.User.groups", "accounts.User.user_permissions"],
        keeps={"accounts.Erasure.user": "that and when the person was erased, by whom; it says nothing of him"},
        withheld={"accounts.Erasure": "there is none while there is a person to ask for it"},
    ),
    Holding(
        name="consents",
        about="What marketing you have asked for, when and where, and when you ended it.",
        export=export_consents,
        erase=erase_consents,
        exports=["accounts.Consent"],
        erases=[],
        keeps={"accounts.Consent.user": "proof that marketing was asked for; the person's row says nothing any more"},
    ),
    Holding(
        name="addresses",
        about="Your address book.",
        export=export_addresses,
        erase=erase_addresses,
        exports=["accounts.Address"],
        erases=[
            f"accounts.Address.{column}"
            for column in (
                "user first_name last_name address_line_1 address_line_2 city state_province postal_code country phone"
            ).split()
        ],
    ),
    Holding(
        name="security",
        about="Where you are and were signed in, who tried to get in, links that were mailed, your Google account.",
        export=export_security,
        erase=erase_security,
        exports=[
            "accounts.UserSession",
            "accounts.SecurityAttempt",
            "accounts.MailLink",
            "accounts.GoogleIdentity",
            "accounts.DataExport",
        ],
        erases=[
            "accounts.UserSession.user",
            "accounts.UserSession.ip_address",
            "accounts.MailLink.user",
            "accounts.MailLink.ip_address",
            "accounts.MailLink.email",
            "otp_totp.TOTPDevice.user",
            "otp_static.StaticDevice.user",
            "accounts.GoogleIdentity.user",
            "accounts.DataExport.user",
            "accounts.DataExport.file",
            "accounts.SecurityAttempt.email",
            "accounts.SecurityAttempt.ip_address",
        ],
        withheld=dict.fromkeys(
            ["otp_totp.TOTPDevice", "otp_static.StaticDevice"], "a secret of the staff's, which no copy should have"
        ),
        keeps={"accounts.SecurityAttempt.user": "how often somebody tried, for statistics; not who, nor from where"},
    ),
    Holding(
        name="traces",
        about="What you did in the shop's admin, if you ever worked there.",
        export=export_traces,
        erase=erase_traces,
        exports=["admin.LogEntry"],
        erases=[],
        keeps={"admin.LogEntry.user": _STAFF},
    ),
)
