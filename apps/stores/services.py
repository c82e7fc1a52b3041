from apps.stores.models import Store


def ensure_default_store(*, slug: str = "shop", name: str = "Shop", base_currency: str = "USD") -> Store:
    """Return the default store, made if there is none yet; twice is once."""
    store, _ = Store.objects.get_or_create(
        is_default=True, defaults={"slug": slug, "name": name, "base_currency": base_currency}
    )
    return store
