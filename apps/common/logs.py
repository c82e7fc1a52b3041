"""Every log line carries the id of the request that caused it."""

import logging
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    """Adds `request_id` to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class TokenFilter(logging.Filter):
    """Takes out of Django's lines about requests what opens something by being known: tokens in the path.

    A link to a wish list still works after somebody has asked it for a page that there is not.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        tokens = [str(value) for name, value in (match.kwargs if match else {}).items() if name.endswith("token")]
        if tokens and isinstance(record.args, tuple):
            record.args = tuple(_without(tokens, arg) for arg in record.args)
        return True


def _without(tokens: list[str], said: object) -> object:
    if isinstance(said, str):
        for token in tokens:
            said = said.replace(token, "…")
    return said
