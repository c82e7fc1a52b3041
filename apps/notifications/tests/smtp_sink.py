"""A mail server on a free port of this machine: takes what it is sent, or answers what it is told to answer."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class SmtpSink(socketserver.ThreadingTCPServer):
    """Speaks as much of RFC 5321 as Django's back end needs; `answers` replaces its reply to a verb.

    "END" is the end of a mail, "" hangs up instead of answering. `trouble` is asked at the start of each conversation
    for what is answered in it.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers: dict[str, str] = {}
        self.trouble: Callable[[], dict[str, str]] = dict
        self.recipients: list[str] = []
        self.taken: list[bytes] = []

    @property
    def mails(self) -> list[EmailMessage]:
        """What was taken, oldest first."""
        return [message_from_bytes(one, policy=policy.default) for one in self.taken]

    @property
    def port(self) -> int:
        return self.server_address[1]


class _Conversation(socketserver.StreamRequestHandler):
    server: SmtpSink

    def handle(self) -> None:
        self.answers = self.server.answers | self.server.trouble()
        self._say("220 sink ready")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            answer = self.answers.get(verb) or self._answer(verb)
            self._say(answer)
            if verb == "RCPT":
                self.server.recipients.append(line.partition(":")[2].strip("<>"))
            if (answer.startswith("354") and not self._read_mail()) or verb == "QUIT":
                return

    def _answer(self, verb: str) -> str:
        return {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 fine")

    def _read_mail(self) -> bool:
        """Whether the conversation goes on."""
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        answer = self.answers.get("END", "250 taken")
        if answer.startswith("250") or not answer:
            self.server.taken.append(b"".join(lines))
        if answer:
            self._say(answer)
        return bool(answer)

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


@contextmanager
def smtp_sink() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        thread = threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield sink
        finally:
            sink.shutdown()
            thread.join()
