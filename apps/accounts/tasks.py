from celery import shared_task
from django.conf import settings

from apps.accounts import services


@shared_task(name="accounts.cleanup_sessions")
def cleanup_sessions(**_later: object) -> None:
    """Forget sessions that have been over for long, unless the owner prefers to do it by hand."""
    if settings.SESSION_SECURITY["AUTO_CLEANUP_SESSIONS"]:
        services.delete_old_sessions()


@shared_task(name="accounts.delete_old_attempts")
def delete_old_attempts(**_later: object) -> None:
    """Forget attempts to get in that nobody will look up any more."""
    services.delete_old_attempts()


@shared_task(name="accounts.delete_old_exports")
def delete_old_exports(**_later: object) -> None:
    """Delete exports whose links have expired."""
    services.delete_old_exports()
