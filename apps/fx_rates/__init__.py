"""Exchange rates: what one dollar costs in the currencies the shop takes, who said so, and from when it holds.

Sources are asked by beat and every answer is kept with its verdict. A figure becomes a rate only through the gate in
`policy.py` (docs/adr/0010) and is then kept for ever; when none is fit, nothing is quoted. Official and parallel rates
never meet: the parallel one has no place in these tables.
"""
