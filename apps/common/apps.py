from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "apps.common"
    verbose_name = "Common"

    def ready(self) -> None:
        from apps.common import invariants  # noqa: F401, PLC0415  registers them
