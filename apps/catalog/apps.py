from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "apps.catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        from apps.catalog import handlers, invariants  # noqa: F401, PLC0415  registers them
