"""The staff's screens about people, and about who tries to get in."""

from apps.accounts.admin.people import GroupAdmin, UserAdmin
from apps.accounts.admin.security import AttemptAdmin, SessionAdmin

__all__ = ["AttemptAdmin", "GroupAdmin", "SessionAdmin", "UserAdmin"]
