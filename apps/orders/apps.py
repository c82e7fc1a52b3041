from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "apps.orders"
    verbose_name = "Orders"

    def ready(self) -> None:
        from apps.orders import invariants, personal_data  # noqa: F401, PLC0415  registers them
