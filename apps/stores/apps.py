from django.apps import AppConfig


class StoresConfig(AppConfig):
    name = "apps.stores"
    verbose_name = "Stores"

    def ready(self) -> None:
        from apps.stores import invariants, personal_data  # noqa: F401, PLC0415  registers them
