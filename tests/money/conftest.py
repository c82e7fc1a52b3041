from apps.payments.tests.conftest import paypal, staff, stripe

__all__ = ["paypal", "staff", "stripe"]
