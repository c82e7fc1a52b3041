from apps.common.audit import Invariant, register

register(
    Invariant(
        "A4",
        "A store that has members has an owner",
        "SELECT store_id FROM stores_storemember GROUP BY store_id HAVING count(*) FILTER (WHERE role = 'owner') = 0",
    ),
)
