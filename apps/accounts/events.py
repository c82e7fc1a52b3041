from dataclasses import dataclass

from apps.outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class UserRegistered(DomainEvent):
    user_id: int

    def aggregate(self) -> str:
        return f"user:{self.user_id}"
