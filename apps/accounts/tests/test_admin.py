import pytest
from django.contrib.auth.models import Group
from django.db.models.functions import Now
from django.urls import reverse

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.tests.signing_in import outcome, post
from apps.common.tests.staff import boss_client, staff_client
from apps.notifications.models import Message
from apps.outbox import services as outbox

pytestmark = pytest.mark.django_db

MAY_CHANGE = ["accounts.view_user", "accounts.change_user"]
LIST = reverse("admin:accounts_user_changelist")


def page(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def facts(user, **changes):
    said = {"email": user.email, "first_name": "", "last_name": "", "phone": "", "language": "es"}
    return said | {"addresses-TOTAL_FORMS": 0, "addresses-INITIAL_FORMS": 0} | changes


def customer():
    return User.objects.create_user("ana@example.test", "a-long-password", first_name="Ana")


@pytest.mark.parametrize("term", ["ana@", "Rojas", "+58412"])
def test_a_customer_is_found_by_address_name_and_phone(term):
    ana = User.objects.create_user("ana@example.test", first_name="Ana", last_name="Rojas", phone="+584121234567")
    User.objects.create_user("bob@example.test")

    assert list(boss_client().get(LIST, {"q": term}).context["cl"].result_list) == [ana]


def test_a_changed_address_is_kept_in_the_spelling_that_logs_in():
    ana = customer()

    staff_client(*MAY_CHANGE).post(page(ana), facts(ana, email="Ana.Rojas@Example.Test", is_active="on"))

    assert User.objects.get(pk=ana.pk).email == "ana.rojas@example.test"


def test_a_phone_that_staff_type_is_looked_at_and_kept_in_one_spelling():
    ana, staff = customer(), staff_client(*MAY_CHANGE)

    staff.post(page(ana), facts(ana, phone="0412-123 45 67", is_active="on"))
    refused = staff.post(page(ana), facts(ana, phone="0412", is_active="on"))

    assert User.objects.get(pk=ana.pk).phone == "+584121234567"
    assert "This is no number of VE" in refused.content.decode()


def test_an_address_that_staff_write_is_to_be_verified_and_old_links_open_nothing():
    ana = customer()
    User.objects.update(email_verified_at=Now())
    reset = services.issue_reset(user=ana, request_key="before", address="")

    staff_client(*MAY_CHANGE).post(page(ana), facts(ana, email="rojas@example.test", is_active="on"))
    outbox.drain()

    ana.refresh_from_db()
    assert (ana.email, ana.is_email_verified, ana.is_active) == ("rojas@example.test", False, True)
    assert Message.objects.get().recipient == "rojas@example.test"
    assert outcome(post("password-reset/confirm", token=reset, password="another-long-one-8")) == (400, "link-expired")


def test_staff_make_nobody_staff():
    ana, group = customer(), Group.objects.create(name="Cashiers")

    powers = {"is_active": "on", "is_staff": "on", "is_superuser": "on", "groups": [group.pk]}
    staff_client(*MAY_CHANGE).post(page(ana), facts(ana, first_name="Anita", **powers))

    ana.refresh_from_db()
    assert (ana.first_name, ana.is_staff, ana.is_superuser, ana.groups.count()) == ("Anita", False, False, 0)


def test_the_boss_makes_a_cashier():
    ana, group = customer(), Group.objects.create(name="Cashiers")

    boss_client().post(page(ana), facts(ana, is_active="on", is_staff="on", groups=[group.pk]))

    ana.refresh_from_db()
    assert (ana.is_staff, list(ana.groups.all())) == (True, [group])


def test_staff_touch_neither_colleagues_nor_their_passwords():
    boss = User.objects.create_superuser("boss@example.test", "a-long-password")
    client = staff_client(*MAY_CHANGE)
    secret = {"password1": "taken-over-1", "password2": "taken-over-1"}

    answers = [
        client.post(page(boss), facts(boss, email="me@example.test", is_active="on")),
        client.post(reverse("admin:auth_user_password_change", args=[boss.pk]), secret),
    ]

    boss.refresh_from_db()
    assert [answer.status_code for answer in answers] == [403, 403]
    assert (boss.email, boss.check_password("a-long-password")) == ("boss@example.test", True)


def test_a_name_is_never_markup():
    User.objects.create_user("eve@example.test", first_name="<script>alert(1)</script>")

    html = boss_client().get(LIST).content.decode()

    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_a_person_is_added_without_a_power():
    secret = {"password1": "a-long-password-1", "password2": "a-long-password-1", "usable_password": "true"}

    answer = boss_client().post(
        reverse("admin:accounts_user_add"), {"email": "New@Example.Test", "first_name": "", "last_name": "", **secret}
    )

    assert answer.status_code == 302
    new = User.objects.get(email="new@example.test")
    assert (new.is_staff, new.check_password("a-long-password-1")) == (False, True)
