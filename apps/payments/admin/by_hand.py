from apps.payments.exceptions import ProviderNotOffered
from apps.payments.models import Payment
from apps.payments.providers import PAGO_MOVIL, get_online_provider


def is_by_hand(payment: Payment) -> bool:
    """Only staff see its money; not so for a provider that is not set up any more."""
    try:
        return get_online_provider(payment.provider) is None
    except ProviderNotOffered:
        return False


def is_decided_here(payment: Payment) -> bool:
    """The same, and it has no report of its own through which it is decided."""
    return payment.provider != PAGO_MOVIL and is_by_hand(payment)
