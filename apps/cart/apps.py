from django.apps import AppConfig


class CartConfig(AppConfig):
    name = "apps.cart"
    verbose_name = "Carts"

    def ready(self) -> None:
        from apps.cart import handlers, personal_data  # noqa: F401, PLC0415  registers them
