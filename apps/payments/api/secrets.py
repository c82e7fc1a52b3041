"""What a started payment's answer must not leave in a table, and how a repetition gets it back.

With Stripe's client secret, whoever reads it acts as the customer. The provider tells it again whenever we ask.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from apps.payments import services

_SECRETS = {"client_secret"}


def hide(payment: dict[str, Any]) -> dict[str, Any]:
    """A started payment, as JSON, with null for each secret in its next action."""
    action = payment["next_action"]
    return payment | {"next_action": action | dict.fromkeys(_SECRETS & action.keys())}


def restore(payment: dict[str, Any]) -> dict[str, Any]:
    """What was hidden, told by the provider again; an attempt that is over has no next action any more.

    Raises:
        ProviderUnavailable: ask again later.
    """
    action = payment["next_action"]
    if not any(name in action and action[name] is None for name in _SECRETS):
        return payment
    again = services.tell_next_action(payment_public_id=UUID(payment["id"]))
    return payment | {"next_action": again.as_json()}
