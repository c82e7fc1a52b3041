from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from apps.cart import services


@receiver(user_logged_in)
def merge_the_guests_cart(request: Any, user: Any, **_: Any) -> None:
    """Whoever logs in with a guest's cart in hand keeps what is in it."""
    token = request.headers.get("X-Cart-Token", "") if request is not None else ""
    if token:
        services.merge_guest_cart(user=user, token=token)
