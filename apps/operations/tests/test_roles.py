import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from apps.accounts.tests.factories import UserFactory
from apps.operations import roles

pytestmark = pytest.mark.django_db


def member_of(name):
    roles.ensure_roles()
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=name))
    return user


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("Catalogue", "catalog.change_product", "orders.view_order"),
        ("Orders", "orders.change_order", "payments.change_payment"),
        ("Payments", "payments.change_payment", "catalog.change_product"),
        ("Support", "accounts.change_user", "accounts.view_usersession"),
        ("Support", "notifications.change_message", "notifications.change_mailwording"),
        ("Security", "accounts.change_usersession", "orders.view_order"),
    ],
)
def test_each_role_may_do_its_own_work_and_no_other(role, may, may_not):
    user = member_of(role)

    assert user.has_perm(may)
    assert not user.has_perm(may_not)


def test_nobody_may_delete_what_money_has_touched():
    for role in roles.ROLES:
        held = member_of(role).get_all_permissions()
        assert not {name for name in held if ".delete_" in name and name.startswith(("orders", "payments", "accounts"))}


def test_what_the_owner_has_made_of_a_role_stays(capsys):
    roles.ensure_roles()
    Group.objects.get(name="Support").permissions.clear()
    capsys.readouterr()

    call_command("ensure_roles")

    assert capsys.readouterr().out == "All roles are there.\n"
    assert not Group.objects.get(name="Support").permissions.exists()
