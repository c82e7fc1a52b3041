from django.apps import AppConfig


class FxRatesConfig(AppConfig):
    name = "apps.fx_rates"
    verbose_name = "Exchange rates"

    def ready(self) -> None:
        from apps.fx_rates import invariants  # noqa: F401, PLC0415  registers them
