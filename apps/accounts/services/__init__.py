"""Everything that changes people and their sessions."""

from apps.accounts.services.addresses import add_address, change_address, delete_address
from apps.accounts.services.attempts import delete_old_attempts
from apps.accounts.services.consents import choose_marketing, look_at_consent, unsubscribe, unsubscribe_token
from apps.accounts.services.emails import change_email, issue_email_change, request_email_change
from apps.accounts.services.erasure import ErasureReport, delete_file, erase_guest, erase_person, try_erasure
from apps.accounts.services.exports import (
    delete_old_exports,
    export_token,
    make_export,
    open_export,
    request_export,
)
from apps.accounts.services.google import sign_in_with_google
from apps.accounts.services.passwords import change_password, issue_reset, request_reset, reset_password
from apps.accounts.services.people import (
    Preferences,
    Profile,
    check_credentials,
    log_in,
    register_user,
    remove_picture,
    set_picture,
    update_own_profile,
    update_preferences,
    update_profile,
)
from apps.accounts.services.remembered import forget_user
from apps.accounts.services.second_factor import (
    app_address,
    check_second_factor,
    new_key,
    open_session,
    reset_second_factor,
    set_up_second_factor,
)
from apps.accounts.services.sessions import (
    Device,
    Tokens,
    close_session,
    deactivate_other_sessions,
    deactivate_session,
    delete_old_sessions,
    end_sessions,
    find_person,
    refresh_tokens,
)
from apps.accounts.services.staff import create_customer, follow_new_address, lift_lockout, lock_user, unlock_user
from apps.accounts.services.step_up import Leave, check_leave, code_to_send, forget_step_ups, prove, request_code
from apps.accounts.services.verification import (
    issue_verification,
    look_at_verification,
    request_verification,
    verify_email,
)

__all__ = [
    "Device",
    "ErasureReport",
    "Leave",
    "Preferences",
    "Profile",
    "Tokens",
    "add_address",
    "app_address",
    "change_address",
    "change_email",
    "change_password",
    "check_credentials",
    "check_leave",
    "check_second_factor",
    "choose_marketing",
    "close_session",
    "code_to_send",
    "create_customer",
    "deactivate_other_sessions",
    "deactivate_session",
    "delete_address",
    "delete_file",
    "delete_old_attempts",
    "delete_old_exports",
    "delete_old_sessions",
    "end_sessions",
    "erase_guest",
    "erase_person",
    "export_token",
    "find_person",
    "follow_new_address",
    "forget_step_ups",
    "forget_user",
    "issue_email_change",
    "issue_reset",
    "issue_verification",
    "lift_lockout",
    "lock_user",
    "log_in",
    "look_at_consent",
    "look_at_verification",
    "make_export",
    "new_key",
    "open_export",
    "open_session",
    "prove",
    "refresh_tokens",
    "register_user",
    "remove_picture",
    "request_code",
    "request_email_change",
    "request_export",
    "request_reset",
    "request_verification",
    "reset_password",
    "reset_second_factor",
    "set_picture",
    "set_up_second_factor",
    "sign_in_with_google",
    "try_erasure",
    "unlock_user",
    "unsubscribe",
    "unsubscribe_token",
    "update_own_profile",
    "update_preferences",
    "update_profile",
    "verify_email",
]
