"""Durable idempotency: the same key and body from the same caller get the same answer for 72 hours.

Source of the header's meaning: draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db.models.functions import Now

from apps.common import sql
from apps.common.exceptions import Conflict, Invalid
from apps.common.models import IdempotencyRecord

LEASE = timedelta(seconds=60)  # longer than any request may run; after it, the first one is taken for dead


class IdempotencyKeyInUse(Conflict):
    code = "idempotency-key-in-use"
    title = "The first request with this key is still running"
    retry_after_seconds = 1


class IdempotencyKeyReused(Invalid):
    code = "idempotency-key-reused"
    title = "This key was used for another request"


class IdempotencyKeyMissing(Invalid):
    code = "idempotency-key-missing"
    title = "An Idempotency-Key header is needed"


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What must be equal for two requests to be the same one."""
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()


def claim(*, caller: str, key: str, fingerprint: str) -> IdempotencyRecord:
    """Begin a request, or find the earlier one; call outside a transaction, so that parallel callers see it at once.

    A record with an answer is to be replayed. One whose lease is over belonged to a request that died: the caller
    goes on, and finds in `resource` what the dead one had already made.

    Raises:
        IdempotencyKeyInUse: the first request still runs.
        IdempotencyKeyReused: the key came with another body before.
    """
    fresh = _insert(caller, key, fingerprint)
    if fresh is not None:
        return fresh
    record = IdempotencyRecord.objects.filter(caller=caller, key=key).first()
    if record is None:  # given back between the two statements
        raise IdempotencyKeyInUse("Wait a moment and repeat the request.")
    if record.fingerprint != fingerprint:
        raise IdempotencyKeyReused("The same Idempotency-Key came with another body; use a new key for a new request.")
    if not record.is_answered:
        dead = IdempotencyRecord.objects.filter(pk=record.pk, response_status=None, leased_until__lt=Now())
        if not dead.update(leased_until=Now() + LEASE):
            raise IdempotencyKeyInUse("Wait a moment and repeat the request; it will get the same answer.")
    return record


# Claim and answer do not wait for the disk (synchronous_commit, for the statement alone). A crash of the database that
# takes a claim back takes back all that came after it, so nothing was done yet. An answer that is lost is told again
# from the resource, which is written in the transaction that makes it, and that one waits.
_CLAIM = """
INSERT INTO common_idempotencyrecord (caller, key, fingerprint, leased_until)
SELECT %s, %s, %s, statement_timestamp() + %s FROM set_config('synchronous_commit', 'off', true)
ON CONFLICT (caller, key) DO NOTHING RETURNING id
"""
_TIE = "UPDATE common_idempotencyrecord SET resource = %s WHERE id = %s"
_ANSWER = """
UPDATE common_idempotencyrecord SET response_status = %s, response_body = %s::jsonb
WHERE id = %s AND (resource = '' OR set_config('synchronous_commit', 'off', true) = 'off')
"""


def _insert(caller: str, key: str, fingerprint: str) -> IdempotencyRecord | None:
    row = sql.fetch_one(_CLAIM, caller, key, fingerprint, LEASE)
    return None if row is None else IdempotencyRecord(id=row[0], caller=caller, key=key, fingerprint=fingerprint)


def remember_resource(record: IdempotencyRecord | None, resource: str) -> None:
    """Tie what was made to the request that made it; call inside the transaction that makes it."""
    if record is not None:
        sql.execute(_TIE, resource, record.pk)


def save_answer(record: IdempotencyRecord, *, status: int, body: Any) -> None:
    """Keep the answer for repetitions; call outside a transaction."""
    sql.execute(_ANSWER, status, orjson.dumps(body).decode(), record.pk)


def give_back(record: IdempotencyRecord) -> None:
    """The request ended without an answer worth keeping (a crash, a 503): let a repetition go on at once.

    If it had made nothing, the key is free again; if it had, the record stays and leads the repetition to it.
    """
    unanswered = IdempotencyRecord.objects.filter(pk=record.pk, response_status=None)
    unanswered.filter(resource="").delete()
    unanswered.update(leased_until=Now())


def delete_old_records() -> int:
    """Remove records past their 72 hours; returns how many."""
    oldest = Now() - timedelta(hours=settings.IDEMPOTENCY_KEEP_HOURS)
    return IdempotencyRecord.objects.filter(created_at__lt=oldest).delete()[0]
