"""The money, attacked: random histories, the table of what becomes of it cell by cell, and providers that misbehave."""
