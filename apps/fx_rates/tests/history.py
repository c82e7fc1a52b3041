"""What the central bank has really published: 874 rates by value date, 2023-01-03 to 2026-08-24.

Gathered by DolarApi (MIT), https://github.com/enzonotario/dolarapi.com.
"""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

with (Path(__file__).parent / "bcv_usd_ves.csv").open(newline="") as file:
    HISTORY = [(date.fromisoformat(row["value_date"]), Decimal(row["rate"])) for row in csv.DictReader(file)]
