from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "apps.notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from apps.notifications import handlers, invariants, metrics, personal_data  # noqa: F401, PLC0415  registers them
