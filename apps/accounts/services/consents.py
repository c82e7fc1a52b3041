"""Yes and no to marketing. A yes is kept with its time and place, also when it was taken back."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models.functions import Now

from apps.accounts.models import Consent, ConsentSource, User
from apps.accounts.services.ending_links import EndingLink

_link = EndingLink[Consent](salt="accounts.unsubscribe")


@transaction.atomic
def choose_marketing(*, user: User, kinds: Collection[str], source: ConsentSource) -> None:
    """The person wants these kinds of marketing and no other; a yes that stands keeps its time."""
    live = Consent.objects.filter(user=user, withdrawn_at=None)
    live.exclude(kind__in=kinds).update(withdrawn_at=Now(), withdrawn_by=source, updated_at=Now())
    wanted = [Consent(user=user, kind=kind, source=source) for kind in sorted(set(kinds))]
    Consent.objects.bulk_create(wanted, ignore_conflicts=True)


def unsubscribe_token(consent: Consent) -> str:
    """What a mail's link carries: it opens nothing but the end of this kind of mail."""
    return _link.token(consent)


def look_at_consent(*, token: str) -> Consent:
    """The yes under which a mail was sent, as it stands.

    Raises:
        LinkNotValid: the token is not ours, or the person is gone.
    """
    return _link.row(token, Consent.objects.select_related("user"))


def unsubscribe(*, token: str) -> Consent:
    """Take back the yes to this kind of mail, also one that was given anew after the mail; twice is once.

    Raises:
        LinkNotValid: as `look_at_consent`.
    """
    consent = look_at_consent(token=token)
    live = Consent.objects.filter(user=consent.user_id, kind=consent.kind, withdrawn_at=None)
    live.update(withdrawn_at=Now(), withdrawn_by=ConsentSource.UNSUBSCRIBE_LINK, updated_at=Now())
    consent.refresh_from_db(fields=["withdrawn_at", "withdrawn_by"])
    return consent
