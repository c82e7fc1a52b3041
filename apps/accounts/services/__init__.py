"""Everything that changes people and their sessions."""

from apps.accounts.services.attempts import delete_old_attempts
from apps.accounts.services.people import Profile, check_credentials, log_in, register_user, update_profile
from apps.accounts.services.remembered import forget_user
from apps.accounts.services.sessions import (
    Device,
    Tokens,
    close_session,
    deactivate_other_sessions,
    deactivate_session,
    delete_old_sessions,
    end_sessions,
    find_person,
    open_session,
    refresh_tokens,
)

__all__ = [
    "Device",
    "Profile",
    "Tokens",
    "check_credentials",
    "close_session",
    "deactivate_other_sessions",
    "deactivate_session",
    "delete_old_attempts",
    "delete_old_sessions",
    "end_sessions",
    "find_person",
    "forget_user",
    "log_in",
    "open_session",
    "refresh_tokens",
    "register_user",
    "update_profile",
]
