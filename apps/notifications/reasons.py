"""Why a message did not arrive, for people who know neither SMTP nor Twilio's numbers."""

from __future__ import annotations

from apps.notifications.models import Channel, Message

_NO_PHONE = "There is no such phone, or it does not have this channel."
_SAID_STOP = "The owner of the phone does not want messages from the shop."
_META_DID_NOT = "WhatsApp chose not to deliver this one; another may arrive."
_OUR_SETTINGS = (
    "The shop's settings at Twilio are wrong: look at the login, the sender and the regions it may write to."
)
_OUR_TEMPLATE = "WhatsApp does not take the shop's template: look at it under WhatsApp templates."
_BUSY = "Twilio had no room for it for hours."

# Source of the codes: https://www.twilio.com/docs/api/errors
_BY_PHONE = {
    **dict.fromkeys(["21211", "21614", "63003", "63024"], _NO_PHONE),
    **dict.fromkeys(["21610", "63014"], _SAID_STOP),
    **dict.fromkeys(["63005", "63015", "63032", "63049"], _META_DID_NOT),
    **dict.fromkeys(["20003", "20404", "21408", "21606", "21608", "63007", "63020"], _OUR_SETTINGS),
    **dict.fromkeys(["21655", "21656", "63013", "63016", "63021", "63027", "63028", "63029", "63030"], _OUR_TEMPLATE),
    **dict.fromkeys(["20429", "63018"], _BUSY),
}
# Source: RFC 5321, 4.2.3
_BY_MAIL = {
    "550": "The mailbox does not exist, or does not take mail from the shop.",
    "551": "The mailbox has moved.",
    "552": "The mailbox is full, or the mail is too large for it.",
    "553": "The address is not one that the mail server knows.",
    "554": "The mail server refuses mail from the shop.",
}


def why_it_failed(message: Message) -> str:
    """One sentence, or what the provider said if nobody has found words for it; empty unless it failed."""
    words = _BY_MAIL if message.channel == Channel.EMAIL else _BY_PHONE
    return words.get(message.error_code, message.error)
