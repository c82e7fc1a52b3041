from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "apps.payments"
    verbose_name = "Payments"

    def ready(self) -> None:
        from apps.payments import handlers, invariants, metrics, personal_data  # noqa: F401, PLC0415  registers them
