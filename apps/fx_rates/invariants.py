from apps.common.audit import Invariant, register

register(
    Invariant(
        "X3",
        "A rate in use is positive, finite, official where the law says so, and what the answer it came from said",
        "SELECT s.id, s.currency, s.rate, s.kind, s.source, l.rate AS answered, l.verdict"
        " FROM fx_rates_exchangeratesnapshot s LEFT JOIN fx_rates_exchangeratelog l ON l.id = s.log_id"
        " WHERE s.rate <= 0 OR s.rate = 'NaN' OR (s.currency = 'VES' AND s.kind = 'aggregate')"
        " OR (s.kind <> 'manual' AND (s.rate, s.value_date, s.source, s.currency, s.kind)"
        " IS DISTINCT FROM (l.rate, l.value_date, l.source, l.currency, l.kind))"
        " OR l.verdict NOT IN ('accepted', 'needs_approval') OR (l.verdict = 'needs_approval' AND s.actor = 'shop')",
    ),
)
