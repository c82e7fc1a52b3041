"""Names for things outside the building."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: unique for ever, and later ones sort after earlier ones. Source: RFC 9562 section 5.7."""
    return uuid7()
