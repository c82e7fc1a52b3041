"""What every app stands on: money, public ids, refusals, idempotency keys, pagination, health and the audit.

It owns one table, the idempotency records. It knows no business rule and imports no other app.
"""
