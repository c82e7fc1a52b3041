import factory

from apps.accounts.tests.factories import UserFactory
from apps.stores.models import Store, StoreMember, StoreRole


class StoreFactory(factory.django.DjangoModelFactory):
    """The one default store; a slug of its own makes another."""

    class Meta:
        model = Store
        django_get_or_create = ("slug",)

    slug = "shop"
    name = "Shop"
    is_default = factory.LazyAttribute(lambda store: store.slug == "shop")


class StoreMemberFactory(factory.django.DjangoModelFactory):
    """An owner of the default store."""

    class Meta:
        model = StoreMember

    store = factory.SubFactory(StoreFactory)
    user = factory.SubFactory(UserFactory)
    role = StoreRole.OWNER
