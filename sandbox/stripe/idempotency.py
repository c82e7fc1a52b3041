"""Idempotency keys: the first answer is kept and repeated for a day, a 500 as well. Source: https://docs.stripe.com/api/idempotent_requests"""

import hashlib
import json
import time

from starlette.responses import Response

from sandbox.store import Drawer
from sandbox.stripe.wire import Call, StripeError, invalid

KEPT_SECONDS = 24 * 3600


class Keys:
    """Which keys are being worked on, and what was answered to the others."""

    def __init__(self, drawer: Drawer) -> None:
        self.drawer = drawer
        self.in_flight: set[str] = set()

    def begin(self, call: Call) -> Response | None:
        """Claim the call's key, or answer what was answered before, or refuse another use of it."""
        if call.key is None:
            return None
        if len(call.key) > 255:
            raise invalid("Idempotency-Key is longer than 255 characters.")
        if call.key in self.in_flight:
            raise StripeError(
                409,
                "There is currently another in-progress request using this Idempotent Key (that probably means you "
                "submitted twice, and the other request is still going through): "
                f"{call.key}. Please try again later.",
                stored=False,
                code="idempotency_key_in_use",
            )
        kept = self.drawer.get("_answer", call.key)
        if kept is not None and kept["at"] > time.time() - KEPT_SECONDS:
            return self._repeat(call, kept)
        self.in_flight.add(call.key)
        return None

    def keep(self, call: Call, status: int, body: bytes) -> None:
        if call.key is not None:
            kept = {"path": call.path, "params": _fingerprint(call), "request_id": call.request_id, "at": time.time()}
            self.drawer.put("_answer", call.key, kept | {"status": status, "body": body.decode()})

    def replace(self, key: str, status: int, body: bytes) -> None:
        kept = self.drawer.get("_answer", key)
        if kept is not None:
            self.drawer.put("_answer", key, kept | {"status": status, "body": body.decode()})

    def end(self, call: Call) -> None:
        self.in_flight.discard(call.key or "")

    def _repeat(self, call: Call, kept: dict) -> Response:
        if kept["path"] != call.path:
            raise _misused(f"for the same endpoint they were first used for ('{call.path}' vs '{kept['path']}')", call)
        if kept["params"] != _fingerprint(call):
            raise _misused("with the same parameters they were first used with", call)
        headers = {"idempotent-replayed": "true", "original-request": kept["request_id"]}
        return Response(kept["body"], kept["status"], headers, "application/json")


def _fingerprint(call: Call) -> str:
    return hashlib.sha256(json.dumps(call.params, sort_keys=True).encode()).hexdigest()


def _misused(how: str, call: Call) -> StripeError:
    return StripeError(
        400,
        f"Keys for idempotent requests can only be used {how}. Try using a key other than '{call.key}' if you meant to "
        "execute a different request.",
        stored=False,
        type="idempotency_error",
    )
