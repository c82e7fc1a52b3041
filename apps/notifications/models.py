from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.accounts.models import Consent
from apps.common.models import PublicModel, TimeStampedModel
from apps.wishlists.models import PriceAlert

COLOUR = r"^#[0-9a-fA-F]{6}$"
_colour = RegexValidator(COLOUR, "Write a colour as #1f4b99.")


class Channel(models.TextChoices):
    EMAIL = "email"
    WHATSAPP = "whatsapp", "WhatsApp"
    SMS = "sms", "SMS"


class MessageStatus(models.TextChoices):
    """A mail is sent when our server has taken it, and more is not known; of a phone we hear the rest."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


# Forward only: reports come in any order, and a late "sent" undoes no "delivered".
NEXT_STATUSES: dict[str, set[str]] = {
    MessageStatus.QUEUED: {MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED},
    MessageStatus.SENT: {MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED},
    MessageStatus.DELIVERED: {MessageStatus.READ},
    MessageStatus.READ: set(),
    MessageStatus.FAILED: set(),
}


class Message(PublicModel):
    """One message to one person, rendered when it was queued; `dedupe_key` makes a second telling impossible.

    One with a `provider_id` was taken by the provider, under that name, and is not handed over again.
    `unanswered_since` is when the try began of which nobody knows how it ended; before the next one the provider is
    asked. `content_sid` and `variables` are what a phone's provider fills its approved template with; `text` is how
    that reads. `resent_of` is the message that this one says once more, because `resent_by` of the staff wanted it.
    """

    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    recipient = models.CharField(max_length=254)
    template = models.CharField(max_length=60)
    language = models.CharField(max_length=2)
    dedupe_key = models.CharField(max_length=200, unique=True)
    order_number = models.CharField(max_length=20, blank=True, db_index=True)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    content_sid = models.CharField("template's SID", max_length=34, blank=True, default="", db_default="")
    variables = models.JSONField(default=dict, db_default={})
    step_up_number = models.BigIntegerField(
        "step-up", null=True, blank=True, help_text="Whose code is put in while the message is handed over."
    )
    status = models.CharField(max_length=9, choices=MessageStatus, default=MessageStatus.QUEUED)
    provider_id = models.CharField("provider's id", max_length=64, blank=True, default="", db_default="")
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    unanswered_since = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    error_code = models.CharField(max_length=20, blank=True, default="", db_default="")
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    resent_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="resent")
    resent_by = models.CharField(max_length=40, blank=True, default="", db_default="")
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Of marketing only."
    )
    alert = models.ForeignKey(
        PriceAlert,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text="What its reader has asked to be told of.",
    )
    held_until = models.DateTimeField(null=True, blank=True, help_text="The end of the quiet hours, while it waits.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=MessageStatus.values), name="message_status_known"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="message_channel_known"),
            models.UniqueConstraint(
                fields=["provider_id"], condition=~Q(provider_id=""), name="message_once_per_provider_id"
            ),
        ]
        indexes = [
            models.Index(
                fields=["updated_at"],
                condition=Q(status__in=["queued", "sent"]) & ~Q(provider_id=""),
                name="message_to_ask_about",
            ),
            models.Index(fields=["created_at"], name="message_by_time"),
            models.Index(fields=["held_until"], condition=Q(held_until__isnull=False), name="message_held"),
            models.Index(fields=["alert"], condition=Q(alert__isnull=False), name="message_of_alert"),
        ]

    def __str__(self) -> str:
        return f"{self.template} to {self.recipient}"


class Fallback(models.Model):
    """The mail that is sent instead, if a message to a phone fails: written beside it, from the same facts."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="fallback")
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"


class Attachment(models.Model):
    """A PDF that goes with a mail, kept as it was when the mail was written; its name is one that any header takes."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=84)
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(name__regex=r"^[A-Za-z0-9_-]+\.pdf$"), name="attachment_named_plainly"),
        ]

    def __str__(self) -> str:
        return self.name


class PhoneTemplateApproval(TimeStampedModel):
    """Under which SID a template of ours is known at Twilio, in one language, and what Meta thinks of it."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        RECEIVED = "received"
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        PAUSED = "paused"
        DISABLED = "disabled"

    name = models.CharField(max_length=60)
    language = models.CharField(max_length=2)
    content_sid = models.CharField("SID", max_length=34)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "WhatsApp template"
        constraints = [
            models.UniqueConstraint(fields=["name", "language"], name="phone_template_once_per_language"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"


class ClosedNumber(TimeStampedModel):
    """A number that a channel no longer reaches: its owner said stop, or it is none. Nothing more is sent there."""

    channel = models.CharField(max_length=10, choices=Channel)
    recipient = models.CharField(max_length=20)
    error_code = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "recipient"], name="closed_number_once_per_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.recipient} by {self.channel}"


class MailWording(models.Model):
    """What staff say in place of a mail of the shop's, in one language: a row for each time that they changed it.

    The newest counts. One without words brings the shop's own back.
    """

    template = models.CharField(max_length=60)
    language = models.CharField(max_length=2)
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=300, blank=True)
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)
    saved_by = models.CharField(max_length=40)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "mail"
        constraints = [
            models.UniqueConstraint(fields=["template", "language", "version"], name="mail_wording_version_once"),
            models.CheckConstraint(
                condition=~Q(subject="") & ~Q(html="") & ~Q(text="") | Q(subject="", html="", text=""),
                name="mail_wording_whole_or_none",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} in {self.language}, version {self.version}"

    @property
    def is_original(self) -> bool:
        return not self.subject


class MailStyle(TimeStampedModel):
    """How all mails look. There is one row, or none: then they look as they came."""

    is_only = models.BooleanField(default=True, editable=False, unique=True)
    accent = models.CharField(
        max_length=7, default="#1f4b99", validators=[_colour], help_text="Titles, links, buttons."
    )
    background = models.CharField(max_length=7, default="#f4f5f7", validators=[_colour], help_text="Around the sheet.")
    logo = models.ImageField(upload_to="mail/", blank=True, help_text="In place of the shop's name; 48 pixels high.")
    footer_es = models.TextField("Spanish foot", max_length=500, blank=True)
    footer_en = models.TextField("English foot", max_length=500, blank=True)
    footer_pt = models.TextField("Portuguese foot", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "mail style"
        constraints = [
            models.CheckConstraint(condition=Q(is_only=True), name="mail_style_only_one"),
            models.CheckConstraint(
                condition=Q(accent__regex=COLOUR, background__regex=COLOUR), name="mail_style_colours_are_colours"
            ),
        ]

    def __str__(self) -> str:
        return "How all mails look"
