"""The eight kinds of refusal. Domain code raises them and knows nothing of HTTP; `common.api.problems` translates."""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """Something the business refuses: a `code` that is for ever, a title for its kind, a sentence for this case."""

    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str, *, errors: dict[str, list[str]] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.extra = extra


class NotFound(DomainError):
    """It is not there, or not the caller's to know of."""

    code = "not-found"
    title = "Not found"


class Unauthenticated(DomainError):
    """Who asks cannot be told, or not any more: a token is dead, a session is over."""


class Forbidden(DomainError):
    """Who asks is known, and may not do this, or not yet."""


class Conflict(DomainError):
    """The request is sound, but the state of things does not allow it now."""


class BadInput(DomainError):
    """What was typed is wrong in a way that only a service can tell: a taken address, a wrong password."""


class Invalid(DomainError):
    """The request can never succeed as it is; `errors` names the fields."""


class TooOften(DomainError):
    """The same again is welcome after `retry_after_seconds`."""

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(DomainError):
    """Nothing is wrong with the request; the same request may be repeated later."""

    retry_after_seconds: ClassVar[int] = 5
