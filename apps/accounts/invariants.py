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
    Invariant(
        "A5",
        "Nothing that accounts keep says who an erased person was",
        "SELECT u.id, leftovers.what FROM accounts_user u JOIN ("
        " SELECT user_id, 'address' AS what FROM accounts_address"
        " UNION ALL SELECT user_id, 'session' FROM accounts_usersession"
        " UNION ALL SELECT user_id, 'link' FROM accounts_maillink"
        " UNION ALL SELECT user_id, 'google' FROM accounts_googleidentity"
        " UNION ALL SELECT user_id, 'export' FROM accounts_dataexport"
        " UNION ALL SELECT user_id, 'attempt' FROM accounts_securityattempt"
        " WHERE email <> '' OR ip_address IS NOT NULL OR user_agent <> ''"
        ") leftovers ON leftovers.user_id = u.id WHERE u.erased_at IS NOT NULL",
    ),
)
