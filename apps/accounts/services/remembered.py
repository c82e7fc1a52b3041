"""Live sessions and their people, remembered in a cache that all processes share, so that a request needs no query.

Whoever changes a session or a person calls `forget_…` before committing. That leaves a mark, for longer than any
transaction or request lasts, over which nothing can be remembered; who finds the mark asks the database. So whatever a
reader saw before the commit, nobody believes it afterwards. Once all is committed the mark need not last
long. Without such a cache (REMEMBER_SESSIONS) everybody asks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

from apps.accounts.models import User, UserSession

log = logging.getLogger(__name__)

_KEEP_SECONDS = 60  # also how often a session's last activity is written, for then it is read again
_MARK_SECONDS = 180
_SETTLED_SECONDS = 5  # for those who read before the commit and have yet to write down what they saw
_CHANGED = "changed"
_NEVER_REMEMBERED = {"password"}


def recall(*, session_id: UUID, user_id: UUID) -> User | None:
    """The person of a live session, or None when that is not known for sure."""
    if not settings.REMEMBER_SESSIONS:
        return None
    session_key, user_key = _session_key(session_id), _user_key(user_id)
    try:
        found = cache.get_many([session_key, user_key])
    except (RedisError, ConnectionInterrupted) as error:
        log.warning("the cache does not answer: %s", error)
        return None
    facts = found.get(user_key)
    if found.get(session_key) != user_id or not isinstance(facts, dict):
        return None
    return User.from_db(connection.alias, list(facts), list(facts.values()))


def remember(session: UserSession) -> None:
    """Call with a session that was just read and found live, and with its user."""
    if not settings.REMEMBER_SESSIONS:
        return
    user = session.user
    facts = {field.attname: getattr(user, field.attname) for field in _facts_of(user)}
    try:
        cache.add(_session_key(session.public_id), user.public_id, _KEEP_SECONDS)
        cache.add(_user_key(user.public_id), facts, _KEEP_SECONDS)
    except (RedisError, ConnectionInterrupted) as error:
        log.warning("the cache does not take a session: %s", error)


def forget_sessions(session_ids: Iterable[UUID]) -> None:
    """These sessions change with the caller's transaction: until well after it, everybody asks the database of them."""
    _mark([_session_key(session_id) for session_id in session_ids])


def forget_user(user: User) -> None:
    """The person changes with the caller's transaction: the same for all of his sessions."""
    _mark([_user_key(user.public_id)])


def _mark(keys: list[str]) -> None:
    if keys and settings.REMEMBER_SESSIONS:
        _write_mark(keys, _MARK_SECONDS)
        transaction.on_commit(lambda: _write_mark(keys, _SETTLED_SECONDS), robust=True)


def _write_mark(keys: list[str], seconds: int) -> None:
    try:
        cache.set_many(dict.fromkeys(keys, _CHANGED), seconds)
    except (RedisError, ConnectionInterrupted) as error:
        log.error("the cache does not forget, so what it knows may hold for %s s: %s", _KEEP_SECONDS, error)


def _facts_of(user: User) -> list[Any]:
    return [field for field in user._meta.concrete_fields if field.attname not in _NEVER_REMEMBERED]


def _session_key(session_id: UUID) -> str:
    return f"session:{session_id}"


def _user_key(user_id: UUID) -> str:
    return f"user:{settings.VERSION}:{user_id}"
