from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "apps.inventory"
    verbose_name = "Inventory"

    def ready(self) -> None:
        from apps.inventory import invariants, personal_data  # noqa: F401, PLC0415  registers them
