"""Members of the staff who may do exactly what a test says, and their pressing of buttons."""

import re

from django.contrib.auth.models import Permission
from django.test import Client

from apps.accounts.models import User


def staff_client(*permissions, email="staff@example.test", **fields):
    """A client signed in as a member of the staff with these permissions, "orders.view_order"."""
    user = User.objects.create_user(email, is_staff=True, **fields)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client = Client()
    client.force_login(user)
    client.user = user
    return client


def boss_client():
    return staff_client(email="boss@example.test", is_superuser=True)


def press(client, address, **answers):
    """Open a button's page and send it with these answers beside those that it brings."""
    return client.post(address, page_answers(client, address) | answers, follow=True)


def page_answers(client, address):
    """The hidden fields of a button's page, as its form would send them."""
    html = client.get(address).content.decode()
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    return {name: value for name, value in hidden if name != "csrfmiddlewaretoken"}
