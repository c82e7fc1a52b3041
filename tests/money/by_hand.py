"""Money that only staff see: transfers, cash, and what customers report of their mobile payments."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.payments import services
from apps.payments.exceptions import AmountDiffers, ClaimDecided, PaymentNotConfirmable, ReferenceUsed
from apps.payments.models import Payment, Refund, StatementLayout
from apps.payments.services import pago_movil
from apps.payments.tests.mobile_payments import begin as begin_by_phone
from apps.payments.tests.mobile_payments import make_rate, make_recipient, open_order, report, today

REFERENCE, OTHER_REFERENCE = "090037579602", "111222333444"


class ByHand:
    """Staff say what they have seen at the bank, in the till or at the door; each event answers what came."""

    is_pickup = False

    def __init__(self, code, **configured):
        self.code, self.configured = code, configured
        self.is_pickup = code == "cash_on_pickup"

    def settings(self):
        return self.configured

    def prepare(self, staff):
        self.staff = staff

    def begin(self, order):
        payment = services.new_attempt(order_id=order.pk, provider=self.code)
        services.start_payment(payment_id=payment.pk)
        return Payment.objects.get(pk=payment.pk)

    def happens(self, event, payment, work):
        return getattr(self, f"tells_of_{event.replace(' ', '_')}")(payment)

    def tells_of_success(self, payment):
        return self.confirms(payment, payment.money)

    def tells_of_short(self, payment, **options):
        return self.confirms(payment, Money(payment.amount - 1, payment.currency), **options)

    def tells_of_excess(self, payment, **options):
        return self.confirms(payment, Money(payment.amount + 1, payment.currency), **options)

    def tells_of_short_taken(self, payment):
        return self.tells_of_short(payment, accept_difference=True)

    def tells_of_excess_taken(self, payment):
        return self.tells_of_excess(payment, accept_difference=True)

    def tells_of_currency(self, payment):
        return self.confirms(payment, Money(payment.amount, "EUR"))

    def tells_of_failure(self, payment):
        services.reject_manual_payment(payment_id=payment.pk, staff_user=self.staff, reason="nothing came")

    def tells_of_twice(self, payment):
        came = self.tells_of_success(payment)
        with pytest.raises(PaymentNotConfirmable):
            self.confirms(payment, payment.money)
        return came

    def confirms(self, payment, amount, **options):
        services.confirm_manual_payment(payment_id=payment.pk, staff_user=self.staff, amount=amount, **options)
        return amount

    def time_passes(self, payment):
        """Staff send what is to go back."""
        for refund in Refund.objects.filter(payment=payment, status="pending"):
            services.confirm_manual_refund(refund_id=refund.pk, staff_user=self.staff, bank_reference=f"B{refund.pk}")


class ByPagoMovil(ByHand):
    """The customer reports; staff, or a statement of the bank, say what came."""

    def __init__(self):
        super().__init__("pago_movil", PAGO_MOVIL=True)

    def prepare(self, staff):
        self.staff = staff
        make_rate()
        self.recipient = make_recipient()

    def tells_of_report(self, payment):
        self.reports(payment)

    def tells_of_short(self, payment, **options):
        """Without a word of it nobody is believed to have meant another sum than was asked."""
        if options:
            return super().tells_of_short(payment, **options)
        with pytest.raises(AmountDiffers):
            super().tells_of_short(payment)
        return None

    def tells_of_failure(self, payment):
        pago_movil.reject_claim(claim_id=self.reports(payment).pk, staff_user=self.staff, reason="nothing came")

    def tells_of_twice(self, payment):
        came = self.tells_of_success(payment)
        again = self.reports(payment)
        with pytest.raises(ClaimDecided):
            self.approves(again, payment.money)
        return came

    def tells_of_used(self, payment):
        """Somebody else has reported the same movement for his order."""
        self.reports(begin_by_phone(open_order()))
        with pytest.raises(ReferenceUsed):
            self.reports(payment)

    def tells_of_statement(self, payment):
        self.reports(payment)
        assert len(self.imports(REFERENCE, payment.money).confirmed) == 1
        return payment.money

    def tells_of_other_sum(self, payment):
        self.reports(payment)
        imported = self.imports(REFERENCE, Money(payment.amount - 1, payment.currency))
        assert [one.verdict for one in imported.unmatched] == ["other_amount"]

    def tells_of_foreign(self, payment):
        self.reports(payment)
        imported = self.imports(OTHER_REFERENCE, payment.money)
        assert [one.verdict for one in imported.unmatched] == ["not_reported"]

    def reports(self, payment):
        return report(payment, reference=REFERENCE, amount=payment.amount)

    def confirms(self, payment, amount, **options):
        return self.approves(self.reports(payment), amount, **options)

    def approves(self, claim, amount, **options):
        pago_movil.approve_claim(claim_id=claim.pk, staff_user=self.staff, amount=amount.amount, **options)
        return amount

    def imports(self, reference, money):
        layout = StatementLayout.objects.create(
            name="Test", date_column="Fecha", reference_column="Referencia", amount_column="Monto"
        )
        row = f"{today():%d/%m/%Y};{reference};{money.amount.quantize(Decimal('0.01'))}".replace(".", ",")
        return pago_movil.import_statement(
            recipient_id=self.recipient.pk,
            layout_id=layout.pk,
            filename="today.csv",
            content=f"Fecha;Referencia;Monto\n{row}".encode(),
            staff_user=self.staff,
        )
