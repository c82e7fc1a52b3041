from apps.stores.models import Store


def get_default_store() -> Store:
    """The store of products that name none. Raises Store.DoesNotExist before the first set-up."""
    return Store.objects.get(is_default=True)
