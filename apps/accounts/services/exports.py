"""All that the shop knows of a person, as a ZIP for that person alone."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import IO
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.serializers.json import DjangoJSONEncoder
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models.functions import Now

from apps.accounts import selectors
from apps.accounts.events import DataExportReady, DataExportRequested
from apps.accounts.exceptions import ExportNotFound, LinkExpired, TooManyExports
from apps.accounts.models import AttemptKind, DataExport, ExportStatus, User
from apps.accounts.services import attempts
from apps.accounts.services.sessions import Device
from apps.common import personal_data
from apps.common.clock import database_now
from apps.outbox import services as outbox

_DAY = timedelta(days=1)
_IN_MEMORY = 4 * 1024 * 1024
_signer = Signer(salt="accounts.data_export", sep=".")


def request_export(*, user: User, device: Device) -> DataExport:
    """Have everything about the person put together; a link comes by mail. One that is under way is not begun again.

    Raises:
        TooManyExports: enough were made within a day.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        mine = DataExport.objects.filter(user=user).order_by("created_at")
        if under_way := mine.filter(status=ExportStatus.QUEUED).first():
            return under_way
        now = database_now()
        recent = list(mine.filter(created_at__gt=now - _DAY))
        if len(recent) >= settings.DATA_EXPORTS_PER_DAY:
            wait = recent[-settings.DATA_EXPORTS_PER_DAY].created_at + _DAY - now
            raise TooManyExports(settings.DATA_EXPORTS_PER_DAY, retry_after_seconds=int(wait.total_seconds()) + 1)
        export = DataExport.objects.create(user=user)
        outbox.publish(DataExportRequested(export_id=export.pk))
    attempts.record(AttemptKind.DATA_EXPORT, email=user.email, device=device, user=user)
    return export


def make_export(*, export_id: int) -> None:
    """Put a queued export together. Twice is once; one whose person was erased meanwhile leaves nothing behind."""
    export = DataExport.objects.select_related("user").filter(pk=export_id, status=ExportStatus.QUEUED).first()
    if export is None:
        return
    storage = export.file.storage
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as packed:
        _pack(export.user, packed)
        packed.seek(0)
        name = storage.save(f"exports/{export.public_id.hex}.zip", File(packed))
    if not _publish(export, name):
        storage.delete(name)


@transaction.atomic
def _publish(export: DataExport, name: str) -> bool:
    queued = DataExport.objects.filter(pk=export.pk, status=ExportStatus.QUEUED)
    expires_at = database_now() + timedelta(hours=settings.DATA_EXPORT_HOURS)
    if not queued.update(status=ExportStatus.READY, file=name, ready_at=Now(), expires_at=expires_at, updated_at=Now()):
        return False
    outbox.publish(DataExportReady(export_id=export.pk))
    return True


def _pack(user: User, into: IO[bytes]) -> None:
    person = selectors.person_of(user)
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        contents = {}
        for holding in personal_data.registered():
            contents[f"{holding.name}.json"] = holding.about
            archive.writestr(f"{holding.name}.json", _json(holding.export(person)))
            for name, picture in holding.files(person):
                with picture.open("rb") as file:
                    archive.writestr(f"{holding.name}/{name}", file.read())
        archive.writestr("contents.json", _json(contents))


def _json(value: object) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def export_token(export: DataExport) -> str:
    """What the mailed link carries. Without its person's login it opens nothing."""
    return _signer.sign(export.public_id.hex)


def open_export(*, user: User, token: str, device: Device) -> DataExport:
    """The export that the link opens, for the person it is about; that it was fetched is kept in the log.

    Raises:
        ExportNotFound: the link is not one of this person's.
        LinkExpired: it is too old.
        TooManyAttempts: too many were tried from there.
    """
    with attempts.counted(AttemptKind.DATA_EXPORT, "data_export", email=user.email, device=device):
        export = DataExport.objects.filter(user=user, public_id=_read(token)).first()
        if export is None:
            raise ExportNotFound
        if export.status_at(database_now()) != ExportStatus.READY:
            raise LinkExpired
    attempts.record(AttemptKind.DATA_EXPORT, email=user.email, device=device, user=user)
    return export


def _read(token: str) -> UUID:
    try:
        return UUID(_signer.unsign(token))
    except (BadSignature, ValueError) as error:
        raise ExportNotFound from error


def delete_old_exports() -> int:
    """Delete the files of exports whose time is over, and give up on those that nobody finished; returns how many."""
    return sum(_expire(export) for export in _over())


def _over() -> Iterator[DataExport]:
    now = database_now()
    yield from DataExport.objects.filter(status=ExportStatus.READY, expires_at__lte=now).order_by("pk")
    yield from DataExport.objects.filter(status=ExportStatus.QUEUED, created_at__lte=now - _DAY).order_by("pk")


def _expire(export: DataExport) -> int:
    """The file goes first: a sweeper that dies in between comes again."""
    if export.file:
        export.file.storage.delete(str(export.file.name))
    same = DataExport.objects.filter(pk=export.pk, status=export.status)
    return same.update(status=ExportStatus.EXPIRED, file="", updated_at=Now())
