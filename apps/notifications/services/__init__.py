"""Queue a message, send what is queued, and hear what became of it."""

from apps.notifications.secrets import CODE
from apps.notifications.services.alerts import tell_of_alerts
from apps.notifications.services.codes import spell_out
from apps.notifications.services.editing import preview, require_sound, restore_original, save_wording, send_test
from apps.notifications.services.erasing import erase_messages, forget_farewells, queue_farewell
from apps.notifications.services.listening import hear
from apps.notifications.services.marketing import end_of_quiet_hours, tell_willing
from apps.notifications.services.queueing import Mail, queue_email, queue_to_phone, reaches_phone, send_held
from apps.notifications.services.resending import resend
from apps.notifications.services.sending import send_message
from apps.notifications.services.telling import tell_customer, tell_owner, tell_person, tell_staff
from apps.notifications.services.templates import Registration, refresh_templates
from apps.notifications.services.timed import (
    invite_to_review,
    remind_of_payment_windows,
    tell_of_abandoned_carts,
    tell_of_dead_letters,
    tell_of_error,
)
from apps.notifications.services.tracking import ask_about_stale_messages, receive_report

__all__ = [
    "CODE",
    "Mail",
    "Registration",
    "ask_about_stale_messages",
    "end_of_quiet_hours",
    "erase_messages",
    "forget_farewells",
    "hear",
    "invite_to_review",
    "preview",
    "queue_email",
    "queue_farewell",
    "queue_to_phone",
    "reaches_phone",
    "receive_report",
    "refresh_templates",
    "remind_of_payment_windows",
    "require_sound",
    "resend",
    "restore_original",
    "save_wording",
    "send_held",
    "send_message",
    "send_test",
    "spell_out",
    "tell_customer",
    "tell_of_abandoned_carts",
    "tell_of_alerts",
    "tell_of_dead_letters",
    "tell_of_error",
    "tell_owner",
    "tell_person",
    "tell_staff",
    "tell_willing",
]
