"""A person gets all that the shop knows of her, alone, and for a while."""

import json
import zipfile
from datetime import timedelta
from io import BytesIO
from typing import IO, Any

import pytest
from django.conf import settings
from django.core import mail
from django.db.models import F
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import DataExport, SecurityAttempt, User
from apps.accounts.tests.factories import UserFactory
from apps.accounts.tests.signing_in import client_with, outcome, sign_in
from apps.common import personal_data
from apps.orders.tests.factories import OrderFactory
from apps.outbox import services as outbox
from tests.rights.life import MARKS

pytestmark = pytest.mark.django_db

PAGE = "/api/v1/me/export/"


def work() -> None:
    while outbox.drain():
        pass


def client_of(user: User):
    return client_with(sign_in(user).access)


def parts_of(archive: IO[bytes]) -> dict[str, Any]:
    with zipfile.ZipFile(archive) as zipped:
        return {name: json.loads(zipped.read(name)) for name in zipped.namelist() if name.endswith(".json")}


def newest_parts() -> dict[str, Any]:
    with DataExport.objects.latest("pk").file.open() as file:
        return parts_of(file)


def ask(user: User) -> str:
    """The token that comes by mail."""
    assert client_of(user).post(PAGE).status_code == 202
    work()
    return str(mail.outbox[-1].body.partition("token=")[2].split()[0])


def test_all_that_is_known_comes_in_one_archive(ada):
    token = ask(ada)

    response = client_of(ada).get(f"{PAGE}{token}/")

    assert (response.status_code, response["Content-Type"]) == (200, "application/zip")
    assert response["Cache-Control"] == "private, no-store"
    archive = BytesIO(response.getvalue())
    parts = parts_of(archive)
    assert set(parts) == {"contents.json", *(f"{holding.name}.json" for holding in personal_data.registered())}
    assert [mark for mark in MARKS if mark not in json.dumps(parts)] == []
    assert sum(name.endswith(".webp") for name in zipfile.ZipFile(archive).namelist()) == 3
    assert [order["status"] for order in parts["orders.json"]] == ["shipped", "shipped", "created"]
    assert [card["last4"] for card in parts["saved_methods.json"]] == ["4242"]


def test_nothing_of_others_is_in_it(ada):
    other = UserFactory(email="eve@example.test", first_name="Evelyn")
    services.log_in(email=other.email, password="clave-de-prueba-7", device=services.Device("Evephone", "198.51.100.9"))
    ask(ada)

    said = json.dumps(newest_parts())

    assert not any(word in said for word in ["eve@example.test", "Evelyn", "198.51.100.9", "boss@", "second@"])


def test_a_guest_s_order_is_nobody_s_until_the_address_is_proved():
    user = UserFactory()
    OrderFactory(email=user.email.upper(), customer=None)

    counts = []
    for verified_at in (None, timezone.now()):
        User.objects.update(email_verified_at=verified_at)
        ask(user)
        counts.append(len(newest_parts()["orders.json"]))

    assert counts == [0, 1]


def test_the_state_can_be_read():
    client = client_of(UserFactory())
    assert outcome(client.get(PAGE)) == (404, "export-not-found")

    assert client.post(PAGE).json()["status"] == "queued"
    work()

    ready = client.get(PAGE).json()
    assert (ready["status"], ready["size_bytes"] > 0) == ("ready", True)


def test_one_is_made_at_a_time_and_a_few_a_day():
    user = UserFactory()
    client = client_of(user)
    first, second = client.post(PAGE), client.post(PAGE)
    assert first.json() == second.json()
    for _ in range(settings.DATA_EXPORTS_PER_DAY - 1):
        work()
        client.post(PAGE)
    work()

    refused = client.post(PAGE)

    assert outcome(refused) == (429, "too-many-exports")
    assert 86_300 < int(refused["Retry-After"]) <= 86_401
    assert DataExport.objects.count() == settings.DATA_EXPORTS_PER_DAY


def test_the_link_opens_nothing_without_the_login_it_is_for():
    user, stranger = UserFactory(), UserFactory()
    token = ask(user)

    assert client_with("nonsense").get(f"{PAGE}{token}/").status_code == 401
    assert outcome(client_of(stranger).get(f"{PAGE}{token}/")) == (404, "export-not-found")
    assert outcome(client_of(user).get(f"{PAGE}{token[:-1]}/")) == (404, "export-not-found")


def test_each_fetch_is_in_the_log():
    user = UserFactory()
    token = ask(user)

    client_of(user).get(f"{PAGE}{token}/").getvalue()
    client_of(user).get(f"{PAGE}{token}x/")

    kept = SecurityAttempt.objects.filter(kind="data_export", email=user.email).order_by("pk")
    assert list(kept.values_list("is_success", "reason")) == [(True, ""), (True, ""), (False, "export-not-found")]


def test_the_link_and_the_file_end_after_their_time():
    user = UserFactory()
    token = ask(user)
    file = DataExport.objects.get().file
    DataExport.objects.update(expires_at=F("expires_at") - timedelta(hours=settings.DATA_EXPORT_HOURS))

    assert client_of(user).get(PAGE).json()["status"] == "expired"
    assert outcome(client_of(user).get(f"{PAGE}{token}/")) == (400, "link-expired")
    assert file.storage.exists(file.name)
    assert services.delete_old_exports() == 1
    assert not file.storage.exists(file.name)
    assert services.delete_old_exports() == 0


def test_one_that_nobody_finished_does_not_block_the_next():
    user = UserFactory()
    client_of(user).post(PAGE)
    DataExport.objects.update(created_at=F("created_at") - timedelta(days=2))

    services.delete_old_exports()

    assert client_of(user).post(PAGE).json()["status"] == "queued"
    assert DataExport.objects.count() == 2


def test_made_twice_it_is_mailed_once():
    user = UserFactory()
    ask(user)
    sent = len(mail.outbox)

    services.make_export(export_id=DataExport.objects.get().pk)
    work()

    assert len(mail.outbox) == sent


def test_an_erased_person_s_export_is_not_made_any_more():
    user = UserFactory()
    client_of(user).post(PAGE)
    services.erase_person(user=user, actor="customer")

    work()

    assert not DataExport.objects.exists()
