"""How much there is: stock items per variant and location, reservations for order lines, movements.

Promises that no unit is sold twice: every counter changes by one conditional statement, and the database refuses a row
in which more is promised than is there. Rows are locked in primary-key order. `on_hand` changes only by a movement.
"""
