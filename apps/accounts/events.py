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
