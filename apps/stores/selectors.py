from apps.stores.models import Store


def get_default_store() -> Store:
    """The store of products that name none. Raises Store.DoesNotExist before the first set-up."""
    return Store.objects.get(is_default=True)


def default_store_name() -> str:
    """What the shop calls itself; "Shop" before the first set-up."""
    return Store.objects.filter(is_default=True).values_list("name", flat=True).first() or "Shop"
