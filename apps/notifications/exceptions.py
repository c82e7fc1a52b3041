"""What may come of a try to send, other than that it was sent; and what staff are refused."""

from apps.common.exceptions import Conflict, Invalid


class TryLater(Exception):
    """Nothing was sent, and the same may be tried again after a while."""


class OutcomeUnknown(Exception):
    """It may have been sent: ask the provider before it is tried again."""


class NotSendable(Exception):
    """This message will not reach this recipient on this channel; it was not sent, and is not tried again.

    `is_closed`: nor will any other, for the owner of the number said stop, or it is none. `is_ours`: because of our
    settings or templates, and not because of the recipient; whoever runs the shop should know.
    """

    def __init__(self, reason: str, *, code: str = "", is_closed: bool = False, is_ours: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.is_closed = is_closed
        self.is_ours = is_ours


class ReportNotGenuine(Exception):
    """A report without a signature, or with a wrong one."""


class NotSentAgain(Conflict):
    code = "message-not-sent-again"
    title = "This message is not sent once more"


class MailNotSound(Invalid):
    code = "mail-not-sound"
    title = "This wording cannot be sent"


class MailChanged(Conflict):
    code = "mail-changed"
    title = "Somebody has changed this mail meanwhile"
