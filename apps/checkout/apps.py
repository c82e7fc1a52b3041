from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "apps.checkout"
    verbose_name = "Checkout"

    def ready(self) -> None:
        from apps.checkout import handlers  # noqa: F401, PLC0415  registers them
