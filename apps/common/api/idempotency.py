"""The `Idempotency-Key` header on views that move money or stock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import orjson
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common import idempotency
from apps.common.api.json import OrjsonRenderer
from apps.common.api.problems import problem_handler
from apps.common.models import IdempotencyRecord

IDEMPOTENCY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="A fresh random string for each intention; repeat it to repeat the request safely, for 72 hours.",
)


KEPT_REFUSALS = {409, 422}


@dataclass(frozen=True, slots=True)
class Secrets:
    """For answers with something in them that must not lie in a table: `hide` it from what is kept, and `restore` it.

    Both take a JSON body and return another. What `restore` raises is answered, and the repetition may be repeated.
    """

    hide: Callable[[Any], Any]
    restore: Callable[[Any], Any]


NO_SECRETS = Secrets(hide=lambda body: body, restore=lambda body: body)


def idempotent(
    caller_of: Callable[[Request], str], secrets: Secrets = NO_SECRETS
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Answer a repeated request as the first one was; `caller_of` says whose key it is.

    The record is `request.idempotency`; the service ties to it what it makes. A refusal by the business (409, 422) is
    an answer and is kept. A request that never got that far (form, permission), a 503 and a crash give the key back.
    """

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def wrapped(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            key = request.headers.get("Idempotency-Key", "")
            if not 1 <= len(key) <= 255:
                raise idempotency.IdempotencyKeyMissing("Send an Idempotency-Key header of 1 to 255 characters.")
            digest = idempotency.fingerprint(request.method or "", request.path, _content_of(request))
            record = idempotency.claim(caller=caller_of(request), key=key, fingerprint=digest)
            if record.is_answered:
                return _replay(record, secrets)
            request.idempotency = record  # type: ignore[attr-defined]  # the view reads it
            try:
                response = view(self, request, *args, **kwargs)
            except Exception as error:
                answer = problem_handler(error, {"request": request, "view": self})
                if answer is None or answer.status_code not in KEPT_REFUSALS:
                    idempotency.give_back(record)
                    raise
                response = answer
            body = orjson.loads(OrjsonRenderer().render(response.data))
            kept = body if response.status_code in KEPT_REFUSALS else secrets.hide(body)
            idempotency.save_answer(record, status=response.status_code, body=kept)
            return response

        return wrapped

    return decorate


def _content_of(request: Request) -> bytes:
    """The body; of a form with files what it says, for its bytes differ from one sending to the next."""
    if not (request.content_type or "").startswith("multipart/"):
        return request._request.body
    fields = [(name, sorted(str(one) for one in values)) for name, values in request.POST.lists()]
    files = [(name, _digest(file)) for name, file in request.FILES.items()]
    return repr((sorted(fields), sorted(files))).encode()


def _digest(file: Any) -> str:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


def _replay(record: IdempotencyRecord, secrets: Secrets) -> Response:
    status, body = record.answer()
    replayed = {"Idempotent-Replayed": "true"}
    if status in KEPT_REFUSALS:
        return Response(body, status=status, headers=replayed, content_type="application/problem+json")
    return Response(secrets.restore(body), status=status, headers=replayed)
