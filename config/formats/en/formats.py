"""Dates that mean the same on both sides of the ocean, with the clock that Venezuela and Europe read."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
