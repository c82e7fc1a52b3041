from apps.common.audit import Invariant, register

register(
    Invariant(
        "O1",
        "A delivery that is done says when",
        "SELECT id, message_id, handler FROM outbox_delivery WHERE (status = 'done') <> (done_at IS NOT NULL)",
    ),
)
