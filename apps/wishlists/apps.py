from django.apps import AppConfig


class WishlistsConfig(AppConfig):
    name = "apps.wishlists"
    verbose_name = "Wishlists"

    def ready(self) -> None:
        from apps.wishlists import invariants, personal_data  # noqa: F401, PLC0415  registers them
