"""PayPal over HTTP: the token, the time-outs, and what its refusals mean to the shop."""

from __future__ import annotations

import atexit
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpx

from apps.common.trust import trusted
from apps.payments.exceptions import PaymentDeclined, ProviderRejected, ProviderUnavailable

TOKEN_MARGIN_SECONDS = 60

_THE_CUSTOMER_MUST_ACT = frozenset(
    "INSTRUMENT_DECLINED PAYER_CANNOT_PAY TRANSACTION_REFUSED REDIRECT_PAYER_FOR_ALTERNATE_FUNDING "
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED".split()
)
_NOT_DECIDED = frozenset({"ORDER_COMPLETION_IN_PROGRESS", "PREVIOUS_REQUEST_IN_PROGRESS"})


@dataclass(slots=True)
class Api:
    """PayPal's HTTP: the token that opens it, which is kept until it ends, and its refusals in the shop's words."""

    http: httpx.Client  # base URL, client id with secret, and timeouts are set in connect()
    _token: str = field(default="", init=False)
    _token_ends: float = field(default=0, init=False)

    def call(
        self,
        method: str,
        path: str,
        *,
        key: str = "",
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """One answer, or PaymentDeclined, ProviderUnavailable, ProviderRejected; `key` makes a repeat harmless."""
        headers = {"Prefer": "return=representation"} | ({"PayPal-Request-Id": key} if key else {})
        response = self._send(method, path, headers, params=params, json=body)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._token = ""
            response = self._send(method, path, headers, params=params, json=body)
        return _read(response)

    def _send(self, method: str, path: str, headers: Mapping[str, str], **content: Any) -> httpx.Response:
        authorization = {"Authorization": f"Bearer {self._live_token()}"}
        return self._ask(method, path, headers={**headers, **authorization}, auth=None, **content)

    def _live_token(self) -> str:
        if not self._token or time.monotonic() > self._token_ends:
            answer = _read(self._ask("POST", "/v1/oauth2/token", data={"grant_type": "client_credentials"}))
            self._token_ends = time.monotonic() + int(answer["expires_in"]) - TOKEN_MARGIN_SECONDS
            self._token = answer["access_token"]
        return self._token

    def _ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            return self.http.request(method, path, **content)
        except httpx.RequestError as error:
            raise _no_answer() from error


@lru_cache(maxsize=4)
def connect(client_id: str, client_secret: str, base_url: str, timeouts: tuple[float, float]) -> Api:
    """One connection pool and one token for each set of settings; repeating calls is the outbox's business."""
    client = httpx.Client(
        base_url=base_url, auth=(client_id, client_secret), timeout=timeout(timeouts), verify=trusted()
    )
    atexit.register(client.close)
    return Api(client)


def timeout(timeouts: tuple[float, float]) -> httpx.Timeout:
    connecting, answering = timeouts
    return httpx.Timeout(answering, connect=connecting)


def _read(response: httpx.Response) -> dict[str, Any]:
    answer = _json(response)
    if response.is_success and answer:
        return answer
    reason, message = _refusal(answer)
    # PayPal's support asks for the debug id
    trace = f"HTTP {response.status_code} {reason}, debug id {response.headers.get('PayPal-Debug-Id', 'unknown')}"
    if response.is_success or response.is_server_error or response.status_code in {409, 429} or reason in _NOT_DECIDED:
        raise _no_answer() from httpx.HTTPStatusError(trace, request=response.request, response=response)
    if reason in _THE_CUSTOMER_MUST_ACT:
        raise PaymentDeclined(message, failure_code=reason)
    raise ProviderRejected("paypal", reason=reason, message=f"{message} ({trace})")


def _json(response: httpx.Response) -> dict[str, Any]:
    """The object in the answer; empty where it cannot be read or is none."""
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _refusal(answer: Mapping[str, Any]) -> tuple[str, str]:
    """The word to branch on, and one for people. The token's address speaks OAuth, the others PayPal's own tongue."""
    detail = (answer.get("details") or [{}])[0]
    reason = detail.get("issue") or answer.get("name") or answer.get("error") or "unreadable"
    message = detail.get("description") or answer.get("message") or answer.get("error_description") or "PayPal refused."
    return str(reason), str(message)


def _no_answer() -> ProviderUnavailable:
    return ProviderUnavailable("PayPal does not answer; nothing is lost, try again soon.")
