from apps.common.audit import Invariant, register

register(
    Invariant(
        "Q1",
        "An idempotency record that has an answer has a whole one",
        "SELECT id FROM common_idempotencyrecord WHERE (response_status IS NULL) <> (response_body IS NULL)",
    ),
)
