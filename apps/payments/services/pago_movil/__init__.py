"""Pago Móvil: reports and who decides them, statements that prove them. Our accounts' turns: services/recipients.py.

Locks: the order's queue, then the payment, its claim, the order; our accounts last. See services/__init__.py.
"""

from apps.payments.services.pago_movil.claims import Report, approve_claim, reject_claim, report_claim, take_claim
from apps.payments.services.pago_movil.reference_data import LoadedData, load_reference_data
from apps.payments.services.pago_movil.statements import ImportedStatement, import_statement, match_statement_lines

__all__ = [
    "ImportedStatement",
    "LoadedData",
    "Report",
    "approve_claim",
    "import_statement",
    "load_reference_data",
    "match_statement_lines",
    "reject_claim",
    "report_claim",
    "take_claim",
]
