"""Whoever leaves is gone from every table, and the books are what they were."""

import contextlib
import json

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.urls import reverse

from apps.accounts import selectors, services
from apps.accounts.exceptions import ErasureRefused
from apps.accounts.models import Erasure, User, UserSession
from apps.accounts.tests.factories import PASSWORD, UserFactory
from apps.accounts.tests.signing_in import client_with, outcome, post, sign_in, step_up
from apps.common import audit
from apps.common.tests.staff import staff_client
from apps.inventory.tests.factories import StockItemFactory
from apps.notifications import services as notification_services
from apps.notifications.models import Message
from apps.orders import services as order_services
from apps.orders.models import Order
from apps.orders.tests.placing import pay_in_full, place
from apps.outbox import services as outbox
from apps.payments import services as payment_services
from apps.payments.models import PagoMovilClaim, SavedMethod
from apps.payments.providers import get_provider
from apps.stores.models import StoreMember
from apps.stores.tests.factories import StoreFactory
from tests.rights.life import EMAIL, EVIDENCE, MARKS, NETWORK, books, files_of, let_time_pass, traces

pytestmark = pytest.mark.django_db


def erase(user: User) -> services.ErasureReport:
    return services.erase_person(user=user, actor="customer")


def work() -> None:
    while outbox.drain():
        pass


def placed(user: User, **options: object) -> Order:
    return place(StockItemFactory(on_hand=1), customer_id=user.pk, email=user.email, **options)


def test_nothing_in_any_table_knows_the_person_afterwards(ada):
    let_time_pass(days=settings.EVIDENCE_KEEP_DAYS + 1)
    assert {mark for _, mark in traces(MARKS)} == set(MARKS)
    files, before = files_of(ada), books()
    assert all(file.storage.exists(file.name) for file in files)

    erase(ada)
    work()

    farewell, tries = ("notifications_message", EMAIL), ("common_counter", NETWORK)  # of a network, for minutes
    assert traces(MARKS) == {farewell, tries}
    assert Message.objects.get(recipient=EMAIL).template == "account_erased"
    assert mail.outbox[-1].to == [EMAIL]
    assert not any(file.storage.exists(file.name) for file in files)
    assert books() == before
    assert list(audit.run()) == []

    Message.objects.update(created_at="2026-01-01T00:00Z")
    assert notification_services.forget_farewells() == 1
    assert traces(MARKS) == {tries}


def test_proof_of_a_payment_stays_as_long_as_it_may_be_disputed(ada):
    erase(ada)
    work()
    assert {mark for _, mark in traces(EVIDENCE)} == set(EVIDENCE)
    assert payment_services.delete_old_evidence() == 0

    let_time_pass(days=settings.EVIDENCE_KEEP_DAYS + 1)

    assert payment_services.delete_old_evidence() == 2
    assert traces(EVIDENCE) == set()
    claim = PagoMovilClaim.objects.get()
    assert (claim.phone, claim.document, bool(claim.proof), claim.reference) == ("", "", False, "090037579602")
    assert list(audit.run()) == []


def test_what_was_bought_stays_with_the_place_whose_tax_it_paid(ada):
    erase(ada)

    sent, by_guest, never_paid = Order.objects.order_by("pk")
    assert {order.customer_id for order in (sent, by_guest, never_paid)} == {ada.pk}
    assert (sent.status, by_guest.status, never_paid.status) == ("shipped", "shipped", "cancelled")
    assert {value for value in sent.shipping_address.values() if value} == {"VE", "Aragua"}


def test_the_company_that_keeps_the_cards_is_told_and_told_again(ada, stripe):
    customer = SavedMethod.objects.get().customer
    stripe.next("stripe", "error_500")

    erase(ada)
    work()
    assert SavedMethod.objects.exclude(forgotten_at=None).values_list("last4", "brand").get() == ("", "")
    payment_services.forget_person(user_id=ada.pk)
    payment_services.forget_person(user_id=ada.pk)

    assert get_provider("stripe").client.v1.customers.retrieve(customer.provider_reference).deleted
    payment_services.refresh_saved_methods(user=ada)
    assert list(audit.run()) == []


def test_the_address_is_free_and_its_old_sessions_are_over():
    user = UserFactory(email=EMAIL)
    tokens = sign_in(user)

    erase(user)

    assert outcome(client_with(tokens.access).get("/api/v1/me/")) == (401, "session-ended")
    assert outcome(post("login", email=EMAIL, password=PASSWORD)) == (400, "invalid-credentials")
    assert not UserSession.objects.filter(user=user).exists()
    assert post("register", email=EMAIL, password="otra-clave-larga-8").status_code == 201


def test_staff_find_nobody_by_what_the_person_was_called():
    user = UserFactory(last_name="Zorrilla", phone="+584127654321")
    placed(user, phone=user.phone)
    erase(user)

    boss = staff_client(email="owner@example.test", is_superuser=True)
    for page in ("admin:accounts_user_changelist", "admin:orders_order_changelist"):
        for word in ("zorrilla", "7654321"):
            assert list(boss.get(reverse(page), {"q": word}).context["cl"].result_list) == []


def test_twice_is_once():
    user = UserFactory()
    placed(user)
    assert erase(user).counts["orders"] == 1
    assert erase(user).counts == {}
    assert Erasure.objects.get().actor == "customer"


def test_a_fresh_code_erases_and_takes_the_cookie_away():
    user = UserFactory()
    client = step_up(user, sign_in(user), "erase_account")

    response = client.delete("/api/v1/me/")

    assert response.status_code == 204
    user.refresh_from_db()
    assert (user.email, user.is_active) == (f"erased-{user.public_id}@erased.invalid", False)


def test_a_stolen_token_alone_erases_nobody():
    user = UserFactory()

    assert outcome(client_with(sign_in(user).access).delete("/api/v1/me/")) == (403, "step-up-required")
    assert User.objects.get(pk=user.pk).erased_at is None


def test_an_order_that_is_not_sent_is_named_and_stands_in_the_way():
    user = UserFactory()
    order = placed(user)
    pay_in_full(order_id=order.pk)

    with pytest.raises(ErasureRefused) as refused:
        erase(user)

    [obstacle] = refused.value.extra["obstacles"]
    assert (obstacle["code"], obstacle["about"]) == ("order_not_sent", order.number)
    assert User.objects.get(pk=user.pk).email == user.email
    assert Order.objects.get().email == user.email
    order_services.cancel_order(order_id=order.pk, actor="customer")
    erase(user)


def test_money_that_was_reported_stands_in_the_way():
    user = UserFactory()
    payment = payment_services.open_payment(order=placed(user), provider="bank_transfer")
    payment_services.start_payment(payment_id=payment.pk)
    payment_services.report_transfer(
        payment_id=payment.pk, report=payment_services.TransferReport(bank_reference="0900")
    )

    with pytest.raises(ErasureRefused) as refused:
        erase(user)

    assert [obstacle.code for obstacle in refused.value.obstacles] == ["transfer_to_verify"]


def test_owners_hand_their_store_over_and_staff_their_rights():
    owner = UserFactory(is_staff=True)
    StoreMember.objects.create(store=StoreFactory(name="Hangar"), user=owner, role="owner")

    with pytest.raises(ErasureRefused) as refused:
        erase(owner)

    assert [(obstacle.code, obstacle.about) for obstacle in refused.value.obstacles] == [
        ("staff", ""),
        ("store_owner", "Hangar"),
    ]


def run(capsys, *arguments: str) -> dict[str, object]:
    with contextlib.suppress(SystemExit):  # 1, when it is refused
        call_command("erase_person", *arguments, "--json")
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def test_operators_see_what_would_go_before_it_goes(capsys):
    user = UserFactory(email=EMAIL)
    placed(user)
    would = run(capsys, EMAIL, "--dry-run")
    assert User.objects.get(pk=user.pk).email == EMAIL
    assert not Erasure.objects.exists()

    did = run(capsys, EMAIL)

    assert {**would, "dry_run": False} == did
    assert Erasure.objects.get().actor == "operator"
    assert Erasure.objects.get().counts == did["rows"]


def test_operators_are_told_what_stands_in_the_way(capsys):
    user = UserFactory()
    pay_in_full(order_id=placed(user).pk)

    said = run(capsys, user.email)

    assert [obstacle["code"] for obstacle in said["obstacles"]] == ["order_not_sent"]


def test_staff_erase_by_a_button_that_asks_for_the_address():
    user = UserFactory(email="ana@example.test")
    page = reverse("admin:accounts_user_button", args=[user.pk, "erase"])
    staff = staff_client("accounts.view_user", "accounts.change_user", "accounts.erase_user")

    def press(address: str) -> Model:
        once = staff.get(page).context["form"]["once"].value()
        staff.post(page, {"once": once, "email": address})
        return User.objects.get(pk=user.pk)

    assert press("bob@example.test").erased_at is None
    assert press("ana@example.test").erased_at is not None
    assert traces(["ana@example.test"]) == {("notifications_message", "ana@example.test")}


def test_no_mail_goes_to_who_is_gone():
    user = UserFactory()
    erase(user)
    work()
    mail.outbox.clear()

    tombstone = selectors.find_user(User.objects.get(pk=user.pk).email)
    assert tombstone is not None
    sent = notification_services.queue_email(
        to=tombstone.email, template="welcome", language="en", dedupe_key="late", context={"name": ""}
    )

    assert sent is None
    assert mail.outbox == []


def test_a_guest_without_an_account_is_erased_by_the_address(capsys):
    order = place(StockItemFactory(on_hand=1), email=EMAIL)
    would = run(capsys, EMAIL, "--dry-run")
    assert (would["rows"]["orders"], Order.objects.get().email, User.objects.exists()) == (1, EMAIL, False)

    assert run(capsys, EMAIL)["rows"] == would["rows"]

    order.refresh_from_db()
    assert (order.status, order.email) == ("cancelled", User.objects.get().email)
    assert traces([EMAIL]) == {("notifications_message", EMAIL)}  # the farewell


def test_of_an_unknown_address_nothing_is_left():
    with pytest.raises(CommandError, match="Nobody has an account"):
        call_command("erase_person", "nobody@example.test")

    assert not User.objects.exists()
