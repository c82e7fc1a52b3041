"""Codes stand in no message: a mark does, and the code takes its place only while the message is handed over."""

from __future__ import annotations

from apps.accounts import services as account_services
from apps.notifications import selectors
from apps.notifications.exceptions import NotSendable
from apps.notifications.models import Message
from apps.notifications.secrets import CODE


def spell_out(message: Message) -> Message:
    """The message as its reader gets it, never to be saved; itself, if it is about no code.

    Raises:
        NotSendable: its code opens nothing any more.
    """
    if message.step_up_number is None:
        return message
    step_up = selectors.find_step_up(step_up_id=message.step_up_number)
    code = account_services.code_to_send(step_up) if step_up else None
    if code is None:
        raise NotSendable("The code opens nothing any more.")
    return Message(
        public_id=message.public_id,
        recipient=message.recipient,
        template=message.template,
        subject=message.subject,
        text=message.text.replace(CODE, code),
        html=message.html.replace(CODE, code),
        content_sid=message.content_sid,
        variables={gap: word.replace(CODE, code) for gap, word in message.variables.items()},
    )
