from dataclasses import dataclass

from apps.outbox.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class MemberInvited(DomainEvent):
    invitation_id: int
