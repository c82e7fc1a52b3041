from dataclasses import dataclass

from apps.outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class UserRegistered(DomainEvent):
    user_id: int

    def aggregate(self) -> str:
        return f"user:{self.user_id}"


@dataclass(frozen=True, kw_only=True)
class NewDeviceSignedIn(DomainEvent):
    """Somebody signed in with a program that the person had not used before; the first of all is not announced."""

    session_id: int


@dataclass(frozen=True, kw_only=True)
class SuspiciousSignIn(DomainEvent):
    """Sign-ins of one person came from several networks within an hour; `others_ended` of the sessions were ended."""

    session_id: int
    networks: int
    others_ended: int


@dataclass(frozen=True, kw_only=True)
class RefreshTokenReused(DomainEvent):
    """A refresh token came a second time, so one of two has stolen it; the session was ended."""

    session_id: int


@dataclass(frozen=True, kw_only=True)
class VerificationRequested(DomainEvent):
    """Somebody typed this address and wants the mail that verifies it; who knows whether anybody has it."""

    email: str
    request_id: str
    address: str


@dataclass(frozen=True, kw_only=True)
class EmailVerified(DomainEvent):
    user_id: int

    def aggregate(self) -> str:
        return f"user:{self.user_id}"


@dataclass(frozen=True, kw_only=True)
class PasswordResetRequested(DomainEvent):
    """Somebody typed this address and wants a new password; who knows whether anybody has it."""

    email: str
    request_id: str
    address: str


@dataclass(frozen=True, kw_only=True)
class DataExportRequested(DomainEvent):
    export_id: int


@dataclass(frozen=True, kw_only=True)
class DataExportReady(DomainEvent):
    export_id: int


@dataclass(frozen=True, kw_only=True)
class PersonErased(DomainEvent):
    """All that the shop's own tables said of this person is gone; the companies that know him have yet to be told."""

    user_id: int


@dataclass(frozen=True, kw_only=True)
class FileDiscarded(DomainEvent):
    """No row names this file any more. `column` is where it stood, as `accounts.User.picture`."""

    column: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(DomainEvent):
    user_id: int
    change_id: str


@dataclass(frozen=True, kw_only=True)
class StepUpRequested(DomainEvent):
    """Somebody who is signed in wants a code, to do what is not done without one."""

    step_up_id: int


@dataclass(frozen=True, kw_only=True)
class EmailChangeRequested(DomainEvent):
    """A person wants to be known by that address; who reads its mailbox is not known yet."""

    user_id: int
    email: str
    request_id: str
    address: str


@dataclass(frozen=True, kw_only=True)
class EmailChanged(DomainEvent):
    user_id: int
    old_email: str
    change_id: str

    def aggregate(self) -> str:
        return f"user:{self.user_id}"


@dataclass(frozen=True, kw_only=True)
class PhoneChanged(DomainEvent):
    """Codes go to another number from now on."""

    user_id: int
    change_id: str

    def aggregate(self) -> str:
        return f"user:{self.user_id}"


@dataclass(frozen=True, kw_only=True)
class SecondFactorChanged(DomainEvent):
    """`change` is set_up, reset, or recovered: a recovery code was used."""

    user_id: int
    change: str
    change_id: str
