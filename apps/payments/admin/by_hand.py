from apps.payments.exceptions import ProviderNotOffered
from apps.payments.models import Payment
from apps.payments.providers import get_online_provider


def is_by_hand(payment: Payment) -> bool:
    """Only staff see its money; not so for a provider that is not set up any more."""
    try:
        return get_online_provider(payment.provider) is None
    except ProviderNotOffered:
        return False
