"""People who keep products over the API, for tests."""

from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from apps.accounts.tests.factories import UserFactory
from apps.stores.models import StoreMember, StoreRole


class Keeper:
    """Asks as JSON under /api/v1/; `version` goes along as `If-Match`."""

    def __init__(self, user):
        self.user = user
        self._client = APIClient()
        self._client.force_authenticate(user)

    def __getattr__(self, method):
        def call(path, body=None, version=None, **headers):
            if version is not None:
                headers["If-Match"] = version if version == "*" else f'"{version}"'
            return getattr(self._client, method)(f"/api/v1/{path}", body, format="json", headers=headers)

        return call


def staff(*permissions):
    """Somebody of the staff with these permissions, "catalog.change_product"."""
    user = UserFactory(is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return Keeper(user)


def catalogue_staff():
    actions = ("view", "add", "change", "delete")
    models = ("product", "category", "tag")
    return staff(*(f"catalog.{action}_{model}" for action in actions for model in models))


def member_of(store, role=StoreRole.MANAGER):
    user = UserFactory()
    StoreMember.objects.create(store=store, user=user, role=role)
    return Keeper(user)
