from celery import shared_task
from django.conf import settings

from apps.notifications import services
from apps.notifications.exceptions import OutcomeUnknown, TryLater
from apps.notifications.providers import get_twilio


@shared_task(name="notifications.ask_about_stale_messages")
def ask_about_stale_messages(**_later: object) -> None:
    """Ask what became of messages, in case nobody told us."""
    services.ask_about_stale_messages()


@shared_task(
    name="notifications.refresh_templates",
    throws=(TryLater, OutcomeUnknown),
    autoretry_for=(TryLater, OutcomeUnknown),
    retry_backoff=True,
    max_retries=4,
)
def refresh_templates(**_later: object) -> None:
    """Hear of new approvals. On a laptop the worker may be up before Twilio's double is: so it asks again."""
    if get_twilio() is not None:
        services.refresh_templates(create=settings.WHATSAPP_CREATE_TEMPLATES)


@shared_task(name="notifications.forget_farewells")
def forget_farewells(**_later: object) -> None:
    """Forget whom the last words to erased people went to."""
    services.forget_farewells()


@shared_task(name="notifications.remind_of_payment_windows")
def remind_of_payment_windows(**_later: object) -> None:
    """Tell customers whose time to pay is nearly over; the end itself is a column."""
    services.remind_of_payment_windows()


@shared_task(name="notifications.tell_of_dead_letters")
def tell_of_dead_letters(**_later: object) -> None:
    """Tell whoever looks after the shop of announcements that nobody could handle."""
    services.tell_of_dead_letters()


@shared_task(name="notifications.tell_of_alerts")
def tell_of_alerts(**_later: object) -> None:
    """Tell of lower prices and of goods that are back, whoever has asked for that."""
    services.tell_of_alerts()


@shared_task(name="notifications.tell_the_willing")
def tell_the_willing(**_later: object) -> None:
    """Marketing whose time has come, and what the quiet hours have held up."""
    services.invite_to_review()
    services.tell_of_abandoned_carts()
    services.send_held()
