"""Everything that changes people and their sessions."""

from apps.accounts.services.attempts import delete_old_attempts
from apps.accounts.services.passwords import change_password, issue_reset, request_reset, reset_password
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
from apps.accounts.services.verification import (
    issue_verification,
    look_at_verification,
    request_verification,
    verify_email,
)

__all__ = [
    "Device",
    "Profile",
    "Tokens",
    "change_password",
    "check_credentials",
    "close_session",
    "deactivate_other_sessions",
    "deactivate_session",
    "delete_old_attempts",
    "delete_old_sessions",
    "end_sessions",
    "find_person",
    "forget_user",
    "issue_reset",
    "issue_verification",
    "log_in",
    "look_at_verification",
    "open_session",
    "refresh_tokens",
    "register_user",
    "request_reset",
    "request_verification",
    "reset_password",
    "update_profile",
    "verify_email",
]
