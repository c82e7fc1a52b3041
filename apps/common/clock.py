"""The one clock that decides: the database's."""

from datetime import datetime

from apps.common import sql


def database_now() -> datetime:
    """The time of this statement in UTC; deadlines are counted from it, whatever the web server's clock says."""
    now: datetime
    [(now,)] = sql.fetch_all("SELECT statement_timestamp()")
    return now
