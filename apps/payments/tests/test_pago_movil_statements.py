from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import Workbook

from apps.payments.pago_movil.statements import Layout, Line, Sign, UnreadableStatement, read_statement

SIGNED = Layout(
    date_column="Fecha",
    reference_column="Referencia",
    amount_column="Monto",
    phone_column="Teléfono",
    bank_column="Banco",
    text_column="Descripción",
)
THE_LINE = Line(
    row=3,
    day=date(2026, 11, 20),
    reference="090037579602",
    amount=Decimal("1234.56"),
    bank="0102",
    phone="+584121234567",
    text="PAGO MOVIL",
)


def csv_file(*rows, above="Cuenta;0102-1234\n", header="fecha;REFERENCIA;monto;telefono;banco;descripcion"):
    return (above + "\n".join([header, *rows])).encode()


def workbook(*rows):
    book = Workbook()
    for row in [("Cuenta",), ("Fecha", "Referencia", "Monto", "Teléfono", "Banco", "Descripción"), *rows]:
        book.active.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_line_is_found_below_what_the_bank_prints_first():
    content = csv_file("20/11/2026;090037579602;1.234,56;0412-1234567;102;PAGO MOVIL")

    statement = read_statement(content, SIGNED)

    assert (statement.lines, statement.bad, statement.outgoing) == ([THE_LINE], [], 0)


def test_a_workbook_says_the_same():
    row = (datetime(2026, 11, 20, 9, 5), "090037579602", 1234.56, "04121234567", "0102", "PAGO MOVIL")  # noqa: DTZ001  as Excel keeps it

    assert read_statement(workbook(row), SIGNED).lines == [THE_LINE]


def test_the_figures_of_a_workbook_are_taken_to_the_cent():
    row = (date(2026, 11, 20), 90037579602, 1100.1000000001, None, 102, None)

    line = read_statement(workbook(row), SIGNED).lines[0]

    assert (line.amount, line.reference, line.bank) == (Decimal("1100.10"), "90037579602", "0102")


def test_a_reference_that_a_workbook_has_rounded_is_not_believed():
    row = (date(2026, 11, 20), 9003757960212345678, 10, None, None, None)

    statement = read_statement(workbook(row), SIGNED)

    assert statement.lines == []
    assert [one.reason[:38] for one in statement.bad] == ["The workbook has rounded the reference"]


def test_money_that_went_and_totals_are_left_out():
    content = csv_file("20/11/2026;123456;-10,00;;;", "20/11/2026;123457;10,00-;;;", ";;5,00;;;Total", "")

    statement = read_statement(content, SIGNED)

    assert (statement.lines, statement.bad, statement.outgoing) == ([], [], 2)


def test_a_bank_may_have_a_column_for_credits_a_dot_and_commas():
    layout = Layout(
        date_column="Date",
        reference_column="Ref",
        amount_column="Credit",
        sign=Sign.CREDITS,
        decimal_point=".",
        date_format="%Y-%m-%d",
        delimiter=",",
    )
    content = b'Date,Ref,Debit,Credit\n2026-11-20,123456,"1,000.00",\n2026-11-20,123457,,"2,000.50"\n'

    statement = read_statement(content, layout)

    assert [(line.reference, line.amount) for line in statement.lines] == [("123457", Decimal("2000.50"))]
    assert statement.outgoing == 1


def test_a_bank_may_tell_credits_by_a_word():
    layout = Layout(
        date_column="Fecha",
        reference_column="Referencia",
        amount_column="Monto",
        sign=Sign.WORD,
        kind_column="Tipo",
        credit_word="NC",
    )
    content = "Fecha;Referencia;Tipo;Monto\n20/11/2026;123456;ND;5,00\n20/11/2026;123457;NC;6,00\n".encode("cp1252")

    assert [line.amount for line in read_statement(content, layout).lines] == [Decimal("6.00")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-11-20;123456;1,00;;;", "“2026-11-20” is no date written like %d/%m/%Y."),
        ("20/11/2026;ABC;1,00;;;", "“ABC” is no reference."),
        ("20/11/2026;123456;1.00;;;", "“1.00” is no amount with “,” before its cents."),
        ("20/11/2026;123456;1,005;;;", "“1,005” is no amount with “,” before its cents."),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_not_guessed(row, reason):
    statement = read_statement(csv_file(row), SIGNED)

    assert [(one.row, one.reason) for one in statement.bad] == [(3, reason)]


def test_a_masked_phone_and_a_bank_by_name_say_nothing():
    line = read_statement(csv_file("20/11/2026;123456;1,00;0412***4567;Mercantil;"), SIGNED).lines[0]

    assert (line.phone, line.bank) == ("", "")


@pytest.mark.parametrize("content", [b"", b"a;b\n1;2\n", b"PK\x03\x04 no workbook", b"\x00\x01\x02"])
def test_a_file_that_is_no_such_statement_is_refused(content):
    with pytest.raises(UnreadableStatement):
        read_statement(content, SIGNED)


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(UnreadableStatement, match="larger"):
        read_statement(csv_file(), SIGNED, most_bytes=10)
