"""Staff put mails into their own words: looked through, tried in every state, kept in versions."""

from __future__ import annotations

from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.notifications import selectors
from apps.notifications.exceptions import MailChanged, MailNotSound
from apps.notifications.models import MailWording, Message
from apps.notifications.rendering import Words, render
from apps.notifications.samples import states_of
from apps.notifications.services.queueing import insert_once
from apps.notifications.wording import Wording, problems


def preview(*, template: str, language: str, wording: Wording | None, state: str) -> Words:
    """How the mail reads with the sample of that state; `wording` None is the shop's own.

    Raises:
        MailNotSound: it cannot be written in one state or another; `errors` says why, by field.
    """
    if wording is not None:
        require_sound(template, language, wording)
    style = selectors.mail_style(language)
    context = states_of(template)[state]
    return render(template, language=language, context=context, style=style, wording=wording)


def require_sound(template: str, language: str, wording: Wording) -> None:
    """Raises MailNotSound unless it can be written whatever the order, person or payment is like."""
    found = problems(template, wording)
    if not found:
        for state, context in states_of(template).items():
            try:
                render(template, language=language, context=context, wording=wording)
            except Exception as error:  # of staff's making, whatever it is
                sentence = f"With the sample “{state}” it fails: {error}. Does a filter get what it is not for?"
                found.setdefault("html", []).append(sentence)
    if found:
        raise MailNotSound("This wording cannot be sent.", errors=found)


def save_wording(*, template: str, language: str, wording: Wording, after: int, actor: str) -> MailWording:
    """Keep it as the version after that one, which is what the person has looked at; 0 if there was none.

    Raises:
        MailNotSound: as for a preview.
        MailChanged: somebody else was quicker.
    """
    require_sound(template, language, wording)
    return _keep(template, language, wording, after, actor)


def restore_original(*, template: str, language: str, after: int, actor: str) -> MailWording:
    """Say again what the shop says. Raises MailChanged."""
    return _keep(template, language, Wording("", "", ""), after, actor)


def send_test(*, template: str, language: str, wording: Wording | None, state: str, user: User, key: UUID) -> None:
    """Mail it with the sample of that state to the member of the staff who asks, and to nobody else.

    Under one key the same words go once.

    Raises:
        MailNotSound: as for a preview.
    """
    words = preview(template=template, language=language, wording=wording, state=state)
    insert_once(
        Message(
            recipient=user.email,
            template=template,
            language=language,
            dedupe_key=f"mail_test-{user.pk}-{uuid5(key, words.subject + words.html + words.text)}",
            subject=words.subject,
            text=words.text,
            html=words.html,
        )
    )


def _keep(template: str, language: str, wording: Wording, after: int, actor: str) -> MailWording:
    try:
        with transaction.atomic():
            newest = MailWording.objects.filter(template=template, language=language).order_by("-version").first()
            if (newest.version if newest else 0) != after:
                raise MailChanged("A colleague has saved this mail meanwhile. Open it again; your words are below.")
            return MailWording.objects.create(
                template=template,
                language=language,
                version=after + 1,
                subject=wording.subject,
                html=wording.html,
                text=wording.text,
                saved_by=actor,
            )
    except IntegrityError as error:  # at the same moment
        raise MailChanged("A colleague has saved this mail meanwhile. Open it again; your words are below.") from error
