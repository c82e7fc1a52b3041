import factory

from apps.stores.models import Store


class StoreFactory(factory.django.DjangoModelFactory):
    """The one default store; a slug of its own makes another."""

    class Meta:
        model = Store
        django_get_or_create = ("slug",)

    slug = "shop"
    name = "Shop"
    is_default = factory.LazyAttribute(lambda store: store.slug == "shop")
