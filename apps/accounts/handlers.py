"""What follows when a person changes, by whatever form or command, and what we ask of ourselves after commit."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from apps.accounts import services
from apps.accounts.events import DataExportRequested, FileDiscarded
from apps.accounts.models import EndReason, User, UserSession
from apps.outbox.events import handles


@receiver(post_save, sender=User)
def follow_the_person(instance: User, created: bool, update_fields: Collection[str] | None = None, **_: Any) -> None:
    """A closed account and a new password end all sessions. A better hash of the same password is not a new one."""
    if created or (update_fields is not None and set(update_fields) == {"last_login"}):
        return
    services.forget_user(instance)
    if not instance.is_active:
        services.end_sessions(UserSession.objects.filter(user=instance), reason=EndReason.ACCOUNT_CLOSED)
    elif getattr(instance, "_password", None) is not None:  # Django's own sign; cleared when it only hashes anew
        services.end_sessions(UserSession.objects.filter(user=instance), reason=EndReason.PASSWORD_CHANGED)


@handles(DataExportRequested)
def put_export_together(event: DataExportRequested) -> None:
    services.make_export(export_id=event.export_id)


@handles(FileDiscarded)
def delete_discarded_file(event: FileDiscarded) -> None:
    services.delete_file(column=event.column, name=event.name)


@receiver(post_delete, sender=User)
def forget_who_is_gone(instance: User, **_: Any) -> None:
    """The sessions go with the person, but what is remembered of them would outlive both."""
    services.forget_user(instance)
