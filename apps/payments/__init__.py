"""Money in and out: attempts to pay an order, what providers say of them, refunds, and cases for staff.

Every intention is a committed row before a provider is called, under a reference that serves as idempotency key; the
provider is called outside any transaction, and its answer is fetched, never believed from a webhook alone. Whatever
happens to genuine money ends as a paid order, a full refund, or a case.
"""
