"""Money in and out: attempts to pay an order or a part of it, what providers say of them, refunds, disputes, the books.

Every intention is a committed row before a provider is called, under a reference that serves as idempotency key; the
provider is called outside any transaction, and its answer is fetched, never believed from a webhook alone. Whatever
happens to genuine money counts for its order, goes back, or waits in a case, and stands in the double-entry books.
"""
