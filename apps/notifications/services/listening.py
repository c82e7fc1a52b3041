"""What people write to the shop from their phones: STOP and START are obeyed, all else is left to staff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.common.phones import is_e164
from apps.notifications.exceptions import ReportNotGenuine
from apps.notifications.models import ClosedNumber
from apps.notifications.providers import get_twilio

# Source of the English ones: https://help.twilio.com/articles/223134027
STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "ALTO", "BAJA", "PARAR", "SAIR"}
START = {"START", "UNSTOP", "YES", "ALTA", "INICIAR", "VOLTAR"}
SAID_STOP = "STOP"


def hear(*, url: str, params: Mapping[str, Any], signature: str) -> None:
    """Close a number that says STOP on this channel, and open it once it says START; twice changes nothing.

    Raises:
        ReportNotGenuine: the signature is not that of this account, or there is no account.
    """
    provider = get_twilio()
    if provider is None:
        raise ReportNotGenuine("This shop has no account with Twilio.")
    heard = provider.read_words(url=url, params=params, signature=signature)
    word = heard.words.strip().strip(".!").upper()
    if not is_e164(heard.number):
        return
    if word in STOP:
        closed = ClosedNumber(channel=heard.channel, recipient=heard.number, error_code=SAID_STOP)
        ClosedNumber.objects.bulk_create([closed], ignore_conflicts=True)
    elif word in START:
        ClosedNumber.objects.filter(channel=heard.channel, recipient=heard.number).delete()
