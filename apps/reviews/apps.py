from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "apps.reviews"
    verbose_name = "Reviews"

    def ready(self) -> None:
        from apps.reviews import invariants, personal_data  # noqa: F401, PLC0415  registers them
