"""The staff's desk: the pages that join what several apps own, and the way there.

The order page shows payments, parcels and messages, and the product page shows stock. Orders may not import payments,
nor the catalogue inventory; this app stands above them all, so the two are put together here. What concerns one app
alone has its screen in that app's `admin.py`.
"""

from apps.operations.admin.orders import OrderAdmin
from apps.operations.admin.products import StockedProductAdmin

__all__ = ["OrderAdmin", "StockedProductAdmin"]
