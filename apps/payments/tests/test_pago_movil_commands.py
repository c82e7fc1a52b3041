import json
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.payments.models import Bank, PagoMovilClaim, PagoMovilRecipient, Payment, StatementLayout
from apps.payments.tests.mobile_payments import (
    begin,
    fresh,
    make_banks,
    make_rate,
    make_recipient,
    make_staff,
    open_order,
    report,
)

pytestmark = pytest.mark.django_db

ACCOUNT = {"bank": "0102", "phone": "0414 1112233", "document": "J-31294846-9", "holder": "Tienda, C.A."}


@pytest.fixture
def run(capsys):
    def run(name, *args, **options):
        call_command(name, *args, json=True, **options)
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def shop(db, settings):
    settings.PAGO_MOVIL = True
    make_rate()
    return make_recipient()


def test_banks_and_layouts_are_loaded_once_and_stay_as_staff_change_them(run):
    assert run("populate_pagomovil_data", dry_run=True)["banks"]["created"] == 34
    assert not Bank.objects.exists()
    run("populate_pagomovil_data")
    Bank.objects.filter(code="0102").update(short_name="BDV")

    again = run("populate_pagomovil_data")

    assert again["banks"] == {"created": 0, "different": 1, "same": 33}
    assert Bank.objects.get(code="0102").short_name == "BDV"
    run("populate_pagomovil_data", overwrite=True)
    assert Bank.objects.get(code="0102").short_name == "Banco de Venezuela"
    for layout in StatementLayout.objects.all():
        assert layout.as_layout().needed_columns


def test_closed_banks_take_no_part_and_uncertain_ones_are_not_listed(run):
    run("populate_pagomovil_data")

    assert not Bank.objects.get(code="0116").is_active
    assert (Bank.objects.get(code="0166").is_active, Bank.objects.get(code="0166").is_listed) == (True, False)
    names = dict(Bank.objects.values_list("code", "short_name"))
    assert (names["0171"], names["0172"]) == ("Activo", "Bancamiga")


def test_the_account_is_made_from_arguments_once(run):
    make_banks()

    outcomes = [
        run("setup_production_pagomovil", **ACCOUNT, dry_run=True)["outcome"],
        run("setup_production_pagomovil", **ACCOUNT)["outcome"],
        run("setup_production_pagomovil", **ACCOUNT)["outcome"],
        run("setup_production_pagomovil", **ACCOUNT, daily_limit="5000")["outcome"],
    ]

    assert outcomes == ["created", "created", "unchanged", "updated"]
    assert PagoMovilRecipient.objects.get().daily_limit_amount == Decimal(5000)


@pytest.mark.parametrize("wrong", [{"document": "J312948468"}, {"phone": "0212 1112233"}, {"daily_limit": "much"}])
def test_an_account_that_cannot_be_right_is_not_made(run, wrong):
    make_banks()

    with pytest.raises(CommandError):
        run("setup_production_pagomovil", **ACCOUNT | wrong)

    assert not PagoMovilRecipient.objects.exists()


def test_what_waits_is_listed_with_both_amounts(shop, run):
    claim = report(begin(), amount=Decimal("1000.00"))
    begin()  # the customer has not reported it

    rows = run("process_manual_payments", list_pending=True)

    assert [(one["reference"], one["asked"], one["reported"]) for one in rows] == [
        (claim.reference, "1360.00 VES", "1000.00 VES")
    ]


def test_all_that_waits_is_confirmed_with_what_was_asked(shop, run):
    staff = make_staff()
    right = report(begin())
    short = report(begin(), reference="111222333", amount=Decimal("1000.00"))

    planned = run("process_manual_payments", confirm_all=True, staff=staff.email, dry_run=True)
    assert [one["outcome"] for one in planned] == ["dry run: confirmed", "left: 1000.00 VES were reported"]
    assert Payment.objects.filter(status="succeeded").count() == 0
    assert fresh(right).state == "reported"

    done = run("process_manual_payments", confirm_all=True, staff=staff.email.title())

    assert [one["outcome"] for one in done] == ["confirmed", "left: 1000.00 VES were reported"]
    assert (fresh(right).reviewed_by, fresh(short).state) == (staff, "reported")


def test_one_order_is_confirmed_by_its_number(shop, run):
    staff = make_staff()
    one, other = report(begin()), report(begin(), reference="111222333")

    run("process_manual_payments", order_id=one.payment.order.number, staff=staff.email)

    assert [fresh(claim).state for claim in (one, other)] == ["confirmed", "reported"]
    with pytest.raises(CommandError):
        run("process_manual_payments", order_id="ORD-0", staff=staff.email)


def test_a_command_is_no_second_person(shop, run, settings):
    settings.PAGO_MOVIL_TWO_PEOPLE_ABOVE = "10"
    claim, staff = report(begin(open_order())), make_staff()

    planned = run("process_manual_payments", confirm_all=True, staff=staff.email, dry_run=True)
    assert fresh(claim).first_approved_by is None
    done = run("process_manual_payments", confirm_all=True, staff=staff.email)

    assert [one["outcome"] for one in planned + done] == [
        "dry run: waits for a second person",
        "waits for a second person",
    ]
    assert not PagoMovilClaim.objects.filter(state="confirmed").exists()


def test_nobody_confirms_without_a_name(shop, run):
    with pytest.raises(CommandError):
        run("process_manual_payments", confirm_all=True)


def test_a_command_goes_no_further_than_its_person_may(shop, run):
    clerk = User.objects.create_user("luis@example.test", "a-long-password", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="change_payment"))
    claim = report(begin())

    done = run("process_manual_payments", confirm_all=True, staff=clerk.email)

    assert "may not decide" in done[0]["outcome"]
    assert fresh(claim).state == "reported"
