from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.crypto import salted_hmac

from apps.common.ids import new_id
from apps.common.models import PublicModel

ERASED_HOST = "erased.invalid"  # Source: RFC 2606; no mail can ever be delivered there


class Channel(models.TextChoices):
    EMAIL = "email"
    WHATSAPP = "whatsapp"


def just_mail() -> list[str]:
    return [Channel.EMAIL]


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a customer; without a password nobody can log in as them."""
        user = self.model(email=normalise_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=normalise_email(username or ""))


def is_tombstone(email: str) -> bool:
    """Whether the address is one that an erased person has left behind; no mail goes there."""
    return email.lower().endswith(f"@{ERASED_HOST}")


def normalise_email(email: str) -> str:
    """One spelling per address: trimmed and in lower case, so that nobody registers twice by capitals."""
    return email.strip().lower()


class User(AbstractBaseUser, PermissionsMixin, PublicModel):
    """A person, known by e-mail address."""

    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=20, blank=True, help_text="International form, +584121234567")
    phone_for_codes = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The phone, if it was given at registration or changed with a fresh code; codes go to no other.",
    )
    language = models.CharField(max_length=2, default="es")
    username = models.CharField(max_length=60, null=True, blank=True, help_text="Optional; people log in by e-mail.")
    date_of_birth = models.DateField(null=True, blank=True)
    picture = models.FileField(upload_to="people", max_length=200, blank=True)
    currency = models.CharField(max_length=3, blank=True, help_text="In which to tell prices; empty is the shop's own.")
    channels = ArrayField(
        models.CharField(max_length=10, choices=Channel),
        default=just_mail,
        blank=True,
        help_text="Ways to tell of orders; what is about the account's security always goes by mail.",
    )
    is_active = models.BooleanField(default=True, help_text="May log in: the address is verified, nobody closed it.")
    email_verified_at = models.DateTimeField(null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True, help_text="When staff closed the account.")
    erased_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When all that the row said of the person was taken away."
    )
    is_staff = models.BooleanField(default=False, help_text="May enter the admin.")
    second_factor_at = models.DateTimeField(
        "second factor since",
        null=True,
        blank=True,
        help_text="When the app that makes the codes was set up.",
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        permissions = [("erase_user", "Can erase a person")]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case"),
            models.UniqueConstraint(Lower("username"), name="user_username_unique_in_any_case"),
            models.CheckConstraint(condition=Q(locked_at=None) | Q(is_active=False), name="user_locked_is_not_active"),
            models.CheckConstraint(
                condition=Q(erased_at=None)
                | Q(email__endswith=f"@{ERASED_HOST}", username=None, first_name="", last_name="", phone="", picture="")
                & Q(phone_for_codes="", date_of_birth=None, last_login=None, is_active=False),
                name="user_erased_says_nothing",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def live_consents(self) -> models.QuerySet[Consent]:
        """The kinds of marketing that this person asks for."""
        return self.consents.filter(withdrawn_at=None).order_by("kind")

    @property
    def is_email_verified(self) -> bool:
        return self.email_verified_at is not None

    @property
    def may_be_let_in(self) -> bool:
        """Whether proof of the mailbox is enough: the account is open, or waits for just that."""
        return self.locked_at is None and self.erased_at is None and (self.is_active or not self.is_email_verified)

    def get_session_auth_hash(self) -> str:
        """Another one once a second factor is set up or reset: the admin's sessions from before end with that."""
        of_the_password = super().get_session_auth_hash()
        if self.second_factor_at is None:
            return of_the_password
        since = self.second_factor_at.isoformat()
        return salted_hmac("accounts.second-factor", f"{of_the_password} {since}", algorithm="sha256").hexdigest()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Permissions are the staff's: whoever is staff no longer holds none, though he was left in his groups."""
        return self.is_staff and super().has_perm(perm, obj)

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email


class Marketing(models.TextChoices):
    """What people may ask to hear beyond their orders and account; nobody hears it without having asked."""

    REVIEWS = "reviews", "Invitations to review what was bought"
    ABANDONED_CART = "abandoned_cart", "What is left in the cart"
    OFFERS = "offers", "Lower prices and goods that are back"


class ConsentSource(models.TextChoices):
    """Where somebody said yes or no."""

    PREFERENCES = "preferences"
    UNSUBSCRIBE_LINK = "unsubscribe_link"
    ERASURE = "erasure"


class Consent(PublicModel):
    """A person's yes to one kind of marketing by mail, from `created_at` until it was taken back.

    The next yes is a new row: together they prove what was asked for, when and where.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="consents")
    kind = models.CharField(max_length=20, choices=Marketing)
    source = models.CharField(max_length=20, choices=ConsentSource)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=20, choices=ConsentSource, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "user"], condition=Q(withdrawn_at=None), name="consent_live_once_per_kind"
            ),
            models.CheckConstraint(condition=Q(kind__in=Marketing.values), name="consent_kind_known"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by="") | Q(withdrawn_at__isnull=False) & ~Q(withdrawn_by=""),
                name="consent_withdrawn_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"

    @property
    def is_live(self) -> bool:
        return self.withdrawn_at is None


class GoogleIdentity(models.Model):
    """A Google account that opens an account here. Its `subject` is for ever; its address is not."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="google_identities")
    subject = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"Google account of {self.user_id}"


class AddressKind(models.TextChoices):
    SHIPPING = "shipping"
    BILLING = "billing"
    OTHER = "other"


class Address(PublicModel):
    """A place in somebody's address book; orders copy what they need, so it may change or go."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=10, choices=AddressKind, default=AddressKind.SHIPPING)
    is_default = models.BooleanField(default=False, help_text="The one of its kind that is offered first.")
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    address_line_1 = models.CharField(max_length=160)
    address_line_2 = models.CharField(max_length=160, blank=True)
    city = models.CharField(max_length=80)
    state_province = models.CharField(max_length=80, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2, like VE.")
    phone = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"], condition=Q(is_default=True), name="address_one_default_of_each_kind"
            ),
            models.CheckConstraint(condition=Q(kind__in=AddressKind.values), name="address_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.address_line_1}, {self.city}"


class LinkPurpose(models.TextChoices):
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105  a word, no secret
    CHANGE_EMAIL = "change_email"


class MailLink(models.Model):
    """A link that was mailed to a person and works once. Its secret is not kept: it is this row's id, signed.

    `request_key` names what asked for it, so that a request which is handled twice makes one link.
    """

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mail_links")
    purpose = models.CharField(max_length=20, choices=LinkPurpose)
    request_key = models.CharField(max_length=80, unique=True)
    email = models.CharField(max_length=254, blank=True, default="", db_default="", help_text="The new address.")
    ip_address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(purpose__in=LinkPurpose.values), name="link_purpose_known")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} for {self.user_id}"


class StepUpPurpose(models.TextChoices):
    """What is done only by somebody who has just shown again that he is the person."""

    CHANGE_EMAIL = "change_email"
    CHANGE_PASSWORD = "change_password"  # noqa: S105  a word, no secret
    CHANGE_PHONE = "change_phone"
    ERASE_ACCOUNT = "erase_account"


class StepUp(models.Model):
    """A code that was sent to a person for one purpose in one session, and the leave that typing it gives.

    Neither the code nor the token of the leave is kept: both are made of this row's id and the server's key.
    """

    MOST_TRIES: ClassVar[int] = 5

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    session = models.ForeignKey("UserSession", on_delete=models.CASCADE, related_name="step_ups")
    purpose = models.CharField(max_length=20, choices=StepUpPurpose)
    channel = models.CharField(max_length=10, choices=Channel)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    code_expires_at = models.DateTimeField()
    proved_at = models.DateTimeField(null=True, help_text="When the code was typed.")
    leave_expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=StepUpPurpose.values), name="step_up_purpose_known"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="step_up_channel_known"),
            models.CheckConstraint(condition=Q(tries__lte=5), name="step_up_tries_are_few"),
            models.CheckConstraint(
                condition=Q(proved_at=None, leave_expires_at=None)
                | Q(proved_at__isnull=False, leave_expires_at__isnull=False, tries__gte=1),
                name="step_up_leave_was_proved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} in session {self.session_id}"


class AttemptKind(models.TextChoices):
    LOGIN = "login"
    REGISTRATION = "registration"
    VERIFICATION = "verification"
    PASSWORD_RESET = "password_reset"  # noqa: S105  a word, no secret
    PASSWORD_CHANGE = "password_change"  # noqa: S105
    GOOGLE = "google"
    STEP_UP = "step_up"
    EMAIL_CHANGE = "email_change"
    SECOND_FACTOR = "second_factor"
    DATA_EXPORT = "data_export"


class SecurityAttempt(models.Model):
    """Somebody tried to get in, or to be let in; `reason` is the code of the refusal, empty when it succeeded."""

    kind = models.CharField(max_length=20, choices=AttemptKind)
    email = models.CharField(max_length=254, blank=True, help_text="As it was typed, whether or not anybody has it.")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="security_attempts")
    is_success = models.BooleanField()
    reason = models.CharField(max_length=60, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_success=True, reason="") | (Q(is_success=False) & ~Q(reason="")),
                name="attempt_fails_for_a_reason",
            ),
            models.CheckConstraint(condition=Q(kind__in=AttemptKind.values), name="attempt_kind_known"),
        ]
        indexes = [models.Index(fields=["created_at"]), models.Index(fields=["ip_address", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.email or self.ip_address}"


class EndReason(models.TextChoices):
    LOGGED_OUT = "logged_out"
    SIGNED_OUT_REMOTELY = "signed_out_remotely"
    TOO_MANY = "too_many"
    TOKEN_REUSED = "token_reused"  # noqa: S105  a word, no secret
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    ACCOUNT_CLOSED = "account_closed"
    SUSPICIOUS = "suspicious"


class SessionQuerySet(models.QuerySet["UserSession"]):
    def live(self, now: datetime) -> SessionQuerySet:
        return self.filter(ended_at=None, expires_at__gt=now)

    def over_before(self, moment: datetime) -> SessionQuerySet:
        return self.filter(Q(ended_at__lt=moment) | Q(expires_at__lt=moment))


class UserSession(models.Model):
    """One device on which a person is signed in; every token names the session it belongs to, and dies with it.

    No token is kept. A pair is signed anew from its two ids and `rotated_at`, so that whoever brings the spent refresh
    token again within seconds gets the very same successor.
    """

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="device_sessions")
    refresh_id = models.UUIDField(default=uuid4)
    access_id = models.UUIDField(default=uuid4)
    spent_refresh_id = models.UUIDField(null=True, help_text="The refresh token that brought the present pair.")
    rotated_at = models.DateTimeField(help_text="When the present pair was issued.")
    expires_at = models.DateTimeField()
    user_agent = models.CharField(max_length=300, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_activity_at = models.DateTimeField(db_default=Now(), help_text="To the minute.")
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, choices=EndReason, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | Q(ended_at__isnull=False, end_reason__in=EndReason.values),
                name="session_ends_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"Session of {self.user_id} since {self.created_at:%Y-%m-%d %H:%M}"

    def is_live(self, now: datetime) -> bool:
        return self.ended_at is None and self.expires_at > now


def private_storage() -> Storage:
    """Files that no address serves: only a view, to whom they concern."""
    return storages["private"]


class ExportStatus(models.TextChoices):
    QUEUED = "queued"
    READY = "ready"
    EXPIRED = "expired"


class DataExport(PublicModel):
    """All that the shop knows of a person, put together for him. The link that opens it is this row's id, signed."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="data_exports")
    status = models.CharField(max_length=10, choices=ExportStatus, default=ExportStatus.QUEUED)
    file = models.FileField(upload_to="exports/", storage=private_storage, blank=True, max_length=200)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(status="queued"), name="data_export_one_at_a_time"),
            models.CheckConstraint(condition=Q(status__in=ExportStatus.values), name="data_export_status_known"),
            models.CheckConstraint(
                condition=~Q(status="ready") & Q(file="") | Q(status="ready", expires_at__isnull=False) & ~Q(file=""),
                name="data_export_has_a_file_while_ready",
            ),
        ]

    def __str__(self) -> str:
        return f"Export for {self.user_id}, {self.status}"

    def status_at(self, now: datetime) -> str:
        """Over at the minute, whether or not the sweeper ran."""
        is_over = self.expires_at is not None and self.expires_at <= now
        return ExportStatus.EXPIRED if is_over else self.status


class Erasure(models.Model):
    """That a person was erased, when and by whom; `counts` says of how many rows, by the parts of the registry."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="erasure")
    actor = models.CharField(max_length=40, help_text="customer, staff:<id>, or operator")
    counts = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"Erasure of {self.user_id} by {self.actor}"
