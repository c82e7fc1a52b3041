"""On its own, because DRF reads its settings, and with them the authentication class, before it is itself complete."""

from rest_framework import exceptions as drf

from apps.common.exceptions import Unauthenticated


class Refused(drf.AuthenticationFailed):
    """How an authentication class hands on a refusal of the domain: DRF wants an exception of its own there."""

    def __init__(self, refusal: Unauthenticated) -> None:
        super().__init__(refusal.detail, code=refusal.code)
        self.refusal = refusal
