"""Mail, through whatever Django is told to send it with."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from smtplib import SMTPDataError, SMTPRecipientsRefused

from django.core.mail import EmailMultiAlternatives

from apps.notifications.exceptions import NotSendable
from apps.notifications.providers.base import Outgoing, Progress, Report


@dataclass(frozen=True, slots=True)
class EmailProvider:
    """A mail server cannot be asked what it has sent, so every try carries the same Message-ID."""

    sender: str

    def send(self, message: Outgoing) -> Report:
        """Beside what the protocol says: when the server is away or says "later", its own exception passes."""
        mail = self.compose(message)
        try:
            mail.send()
        except (SMTPRecipientsRefused, SMTPDataError) as refusal:
            code, reason = _verdict(refusal)
            if code < 500:
                raise
            raise NotSendable(f"{code} {reason}", code=str(code)) from refusal
        return Report(provider_id="", progress=Progress.SENT)

    def compose(self, message: Outgoing) -> EmailMultiAlternatives:
        headers = {"Message-ID": self._message_id(message), "Auto-Submitted": "auto-generated"}  # Source: RFC 3834
        if message.unsubscribe_url:  # Source: RFC 8058
            headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail = EmailMultiAlternatives(
            subject=message.subject,
            body=message.text,
            from_email=self.sender,
            to=[message.recipient],
            headers=headers,
        )
        mail.attach_alternative(message.html, "text/html")
        for document in message.documents:
            mail.attach(document.name, document.content, "application/pdf")
        return mail

    def _message_id(self, message: Outgoing) -> str:
        """The same at every try, so that a mail which was sent twice can be seen to be one."""
        return f"<{message.key}@{parseaddr(self.sender)[1].rpartition('@')[2]}>"


def _verdict(refusal: SMTPRecipientsRefused | SMTPDataError) -> tuple[int, str]:
    """Code and words of the server. Other refusals (login, sender) are about our settings and worth another try."""
    if isinstance(refusal, SMTPDataError):
        return refusal.smtp_code, _decoded(refusal.smtp_error)
    code, words = refusal.recipients[next(iter(refusal.recipients))]
    return code, _decoded(words)


def _decoded(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words
