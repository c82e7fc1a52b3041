"""Statements: what they prove is confirmed, everything else is listed with a reason, and no line pays twice."""

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.common import audit
from apps.payments.exceptions import StatementRefused
from apps.payments.models import BankStatement, PagoMovilClaim, Payment, StatementLayout, StatementLine
from apps.payments.services import pago_movil
from apps.payments.tests.mobile_payments import (
    MERCANTIL,
    VENEZUELA,
    approve,
    begin,
    fresh,
    make_banks,
    make_rate,
    make_recipient,
    make_staff,
    open_order,
    report,
    today,
)
from apps.payments.tests.paying import order_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db, settings):
    settings.PAGO_MOVIL = True
    make_rate()
    return make_recipient()


@pytest.fixture
def ana(db):
    return make_staff("ana")


@pytest.fixture
def layout(db):
    return StatementLayout.objects.create(
        name="Test",
        date_column="Fecha",
        reference_column="Referencia",
        amount_column="Monto",
        phone_column="Teléfono",
        bank_column="Banco",
    )


def line(reference="90037579602", amount="1.360,00", day=None, phone="", bank=""):
    return f"{(day or today()).strftime('%d/%m/%Y')};{reference};{amount};{phone};{bank}"


def csv_of(*lines):
    return "\n".join(["Fecha;Referencia;Monto;Teléfono;Banco", *lines]).encode()


@pytest.fixture
def bring(shop, ana, layout):
    def bring(*lines, staff=ana, filename="today.csv"):
        return pago_movil.import_statement(
            recipient_id=shop.pk, layout_id=layout.pk, filename=filename, content=csv_of(*lines), staff_user=staff
        )

    return bring


def verdicts(imported):
    return [one.verdict for one in imported.unmatched]


def test_a_line_that_proves_a_report_confirms_it(shop, bring, ana):
    payment = begin()
    claim = report(payment)

    imported = bring(line(phone="0412-1234567", bank="105"), line("111222333", "5,00"))

    assert [(one.reference, one.claim) for one in imported.confirmed] == [("90037579602", str(claim.public_id))]
    assert verdicts(imported) == ["not_reported"]
    assert (fresh(claim).state, fresh(claim).reviewed_by, fresh(claim).statement_line.row) == ("confirmed", ana, 2)
    assert order_of(payment).status == "confirmed"
    assert list(audit.run()) == []


def test_the_file_and_every_line_are_kept(shop, bring):
    bring(line(), line("111222333", "5,00"), "20/11/2026;ABC;1,00;;", filename="../../etc/today.csv")

    statement = BankStatement.objects.get()
    assert (statement.filename, statement.lines.count(), statement.known_count) == ("today.csv", 2, 0)
    assert statement.bad_rows == [{"row": 4, "reason": "“ABC” is no reference."}]
    with statement.file as kept:
        assert kept.read() == csv_of(line(), line("111222333", "5,00"), "20/11/2026;ABC;1,00;;")


def test_a_line_pays_once_however_often_it_is_brought(shop, bring):
    report(begin())
    bring(line())
    stranger = report(begin(), bank_code=VENEZUELA)

    again = bring(line())

    assert (again.known, again.confirmed, fresh(stranger).state) == (1, [], "reported")
    assert StatementLine.objects.count() == 1


@pytest.mark.parametrize("is_brought_first", [True, False])
def test_money_that_staff_confirmed_by_hand_is_not_found_again_for_another_order(shop, bring, ana, is_brought_first):
    yesterday = today() - timedelta(days=1)
    if is_brought_first:
        bring(line(day=yesterday))
    claim = report(begin(open_order(days_ago=2)), payment_date=yesterday)
    approve(claim, ana)
    again = report(begin(open_order(days_ago=2)))  # the same reference, for the day after

    imported = bring(line(day=yesterday), line("111222333", "5,00"))

    assert (imported.confirmed, verdicts(imported)) == ([], ["not_reported"])
    assert fresh(again).state == "reported"
    assert fresh(claim).statement_line.verdict == "matched"


def test_a_line_whose_last_digits_were_confirmed_by_hand_is_left_to_staff(shop, bring, ana):
    approve(report(begin()), ana)
    again = report(begin(), reference="579602")

    imported = bring(line("579602"))

    assert (imported.confirmed, verdicts(imported), fresh(again).state) == ([], ["used_before"], "reported")


def test_a_report_that_comes_after_the_statement_is_found_by_the_next_one(shop, bring):
    bring(line())
    claim = report(begin())

    imported = bring(line(), line("111222333", "5,00"))

    assert [one.claim for one in imported.confirmed] == [str(claim.public_id)]
    assert fresh(claim).statement_line.statement.known_count == 0


def test_a_line_twice_in_a_file_is_two_lines_and_proves_nothing(shop, bring):
    claim = report(begin())

    imported = bring(line(), line())

    assert verdicts(imported) == ["several_lines"] * 2
    assert fresh(claim).state == "reported"


def test_a_short_payment_is_left_to_staff(shop, bring):
    claim = report(begin(), amount=Decimal("1000.00"))

    imported = bring(line(amount="1.000,00"))

    assert verdicts(imported) == ["not_what_was_asked"]
    assert fresh(claim).state == "reported"


def test_above_the_limit_a_statement_is_one_of_two_people(shop, bring, settings):
    settings.PAGO_MOVIL_TWO_PEOPLE_ABOVE = "10"
    claim = report(begin())

    first, same, second = bring(line()), bring(line()), bring(line(), staff=make_staff("luis"))

    assert [one.explanation for one in first.unmatched] == ["For so much somebody else must approve it too."]
    assert [one.explanation for one in same.unmatched] == ["You have approved it; for so much somebody else must too."]
    assert [one.verdict for one in second.confirmed] == ["matched"]
    assert fresh(claim).state == "confirmed"


def test_a_file_of_another_kind_is_refused_and_not_kept(shop, bring, layout, ana):
    with pytest.raises(StatementRefused) as refusal:
        pago_movil.import_statement(
            recipient_id=shop.pk, layout_id=layout.pk, filename="x.csv", content=b"a;b\n1;2", staff_user=ana
        )

    assert "Fecha, Referencia, Monto" in refusal.value.detail
    assert not BankStatement.objects.exists()


def test_another_accounts_statement_proves_nothing(shop, bring, layout, ana):
    claim = report(begin())
    other = make_recipient(phone="+584142222222")

    imported = pago_movil.import_statement(
        recipient_id=other.pk, layout_id=layout.pk, filename="x.csv", content=csv_of(line()), staff_user=ana
    )

    assert verdicts(imported) == ["not_reported"]
    assert fresh(claim).state == "reported"


class Planted:
    """Thirty reports and a thousand lines: which report is which line is known to us, and must be found."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines, self.exact, self.claims = [], set(), []

    def reference(self):
        return f"{self.random.randrange(10**11, 10**12)}"

    def claim(self, **changes):
        fields = {
            "reference": self.reference(),
            "phone": f"+58412{self.random.randrange(10**7):07d}",
            "bank_code": self.random.choice([VENEZUELA, MERCANTIL]),
        }
        fields |= changes
        self.claims.append(report(begin(open_order()), **fields))
        return self.claims[-1]

    def post(self, claim, **changes):
        fields = {
            "reference": claim.reference.lstrip("0"),
            "amount": "1.360,00",
            "day": claim.payment_date,
            "phone": self.random.choice(["", f"0{claim.phone[3:]}"]),
            "bank": self.random.choice(["", claim.bank.code]),
        }
        self.lines.append(line(**fields | changes))

    def plant(self):
        make_banks()
        yesterday = today() - timedelta(days=1)
        for count in range(10):
            claim = self.claim(reference=f"0{self.reference()}" if count % 2 else self.reference())
            self.post(claim)
            self.exact.add(claim.pk)
        for change in (
            {"amount": "1.360,01"},
            {"amount": "1.359,99"},
            {"phone": "0412 0000001"},
            {"bank": "0172"},
            {"day": today() + timedelta(days=7)},
            {"amount": "136,00"},
        ):
            self.post(self.claim(), **change)
        for _ in range(4):  # a digit mistyped, or only the last six
            claim = self.claim()
            wrong = claim.reference[:-1] + str((int(claim.reference[-1]) + 1) % 10)
            self.post(claim, reference=self.random.choice([wrong, claim.reference[-6:]]))
        for _ in range(3):  # the same line twice
            claim = self.claim()
            self.post(claim, phone="", bank=""), self.post(claim, phone="", bank="")
        for _ in range(2):  # two customers, one reference
            first = self.claim(bank_code=VENEZUELA)
            self.claim(bank_code=MERCANTIL, reference=first.reference)
            self.post(first, phone="", bank="")
        for _ in range(3):  # two transfers for one order
            claim = self.claim()
            for part in ("1.000,00", "360,00"):
                self.post(claim, reference=self.reference(), amount=part, day=claim.payment_date)
        while len(self.lines) < 1000:
            amount = self.random.choice(["1.360,00", "13,60", "1.000,00", "360,00", "75,10"])
            self.lines.append(line(self.reference(), amount, self.random.choice([today(), yesterday])))
        self.random.shuffle(self.lines)


def test_of_a_thousand_lines_every_exact_one_is_found_and_no_other(shop, bring):
    planted = Planted(seed=1)
    planted.plant()

    imported = bring(*planted.lines)

    confirmed = set(PagoMovilClaim.objects.filter(state="confirmed").values_list("pk", flat=True))
    assert confirmed == planted.exact
    assert Payment.objects.filter(status="succeeded").count() == len(planted.exact)
    assert len(imported.confirmed) + len(imported.unmatched) == imported.lines == 1000
    assert Counter(verdicts(imported)) | Counter(
        other_amount=3, other_phone=1, other_bank=1, other_day=1, like_another=4, several_lines=6, several_claims=2
    ) == Counter(verdicts(imported))
    assert "parts" in verdicts(imported)
    assert all(one.explanation for one in imported.unmatched)
    assert list(audit.run()) == []

    assert bring(*planted.lines).confirmed == []
