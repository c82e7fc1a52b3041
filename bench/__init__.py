"""Load: how fast the shop answers, as ratios to a floor of the same run. `python -m bench`; see README.md."""
