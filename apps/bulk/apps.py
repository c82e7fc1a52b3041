from django.apps import AppConfig


class BulkConfig(AppConfig):
    name = "apps.bulk"
    verbose_name = "Bulk changes"

    def ready(self) -> None:
        from apps.bulk import handlers, personal_data  # noqa: F401, PLC0415  registers them
