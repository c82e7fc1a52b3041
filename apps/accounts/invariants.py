from apps.common.audit import Invariant, register

register(
    Invariant(
        "A2",
        "Nobody whose account is closed has a live session",
        "SELECT s.id, s.user_id FROM accounts_usersession s JOIN accounts_user u ON u.id = s.user_id"
        " WHERE s.ended_at IS NULL AND s.expires_at > now() AND NOT u.is_active",
    ),
    Invariant(
        "A3",
        "The refresh token of a live session differs from the one that was spent for it",
        "SELECT id FROM accounts_usersession WHERE refresh_id = spent_refresh_id",
    ),
)
