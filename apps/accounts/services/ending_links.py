"""Links in mails that end what the mail comes from, and open nothing else; they never grow old."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.core.signing import BadSignature, Signer
from django.db.models import Model, QuerySet

from apps.accounts.exceptions import LinkNotValid

M = TypeVar("M", bound=Model)


class EndingLink(Generic[M]):
    """Tokens for rows with a `public_id`; the salt keeps links to one thing from opening another."""

    def __init__(self, salt: str) -> None:
        self._signer = Signer(salt=salt)

    def token(self, row: Any) -> str:
        return self._signer.sign(row.public_id.hex)

    def row(self, token: str, among: QuerySet[M]) -> M:
        """The row that a mail was about, as it stands.

        Raises:
            LinkNotValid: the token is not ours, or the row is gone, as with its person.
        """
        try:
            public_id = self._signer.unsign(token)
        except BadSignature as error:
            raise LinkNotValid from error
        row = among.filter(public_id=public_id).first()
        if row is None:
            raise LinkNotValid
        return row
