"""Random histories: several orders, payments and companies in one shop, and everything that may happen to them.

A rule takes numbers and picks with them among what is there; where nothing fits, nothing happens. Refusals are part of
life: a rule lets the shop say no, but never break.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from apps.accounts.models import User
from apps.common.exceptions import DomainError
from apps.common.money import Money
from apps.fx_rates.tests.factories import RateFactory
from apps.inventory.tests.factories import StockItemFactory
from apps.orders import services as order_services
from apps.orders.models import Order, OrderLine
from apps.orders.tests.placing import draft
from apps.outbox import services as outbox
from apps.payments import providers, services
from apps.payments.exceptions import ProviderRejected, WebhookNotGenuine
from apps.payments.models import LIVE_PAYMENTS, Payment, PaymentStatus, Refund, RefundStatus
from apps.payments.providers import ProviderPayment, ProviderStatus
from apps.payments.providers.base import DisputeStatus
from apps.payments.services.judging import apply_truth
from tests.money import checks
from tests.money.company import UNDECIDED, Charge, Company

SETTINGS = {
    "CASH_ON_DELIVERY_CURRENCIES": ["USD"],
    "CASH_ON_DELIVERY_COUNTRIES": ["VE"],
    "CASH_ON_PICKUP_CURRENCIES": ["USD", "VES"],
}
BY_HAND = ["bank_transfer", "cash_on_delivery", "cash_on_pickup"]
ONLINE = ["instant", "stepwise"]
CENT = Decimal("0.01")
ANY = st.integers(0, 11)  # picks one of what is there
SHARES = st.sampled_from([Decimal(1), Decimal("0.5"), Decimal("0.33"), Decimal("0.01")])

Thing = TypeVar("Thing")


def pick(things: list[Thing], number: int) -> Thing | None:
    return things[number % len(things)] if things else None


class MoneyHistory(RuleBasedStateMachine):
    """A shop with three scarce articles, two companies that take cards, and staff who see transfers and cash."""

    def __init__(self) -> None:
        super().__init__()
        self.life = ExitStack()
        self.life.enter_context(transaction.atomic())
        self.life.callback(transaction.set_rollback, True)
        self.life.enter_context(override_settings(**SETTINGS))
        patch = self.life.enter_context(pytest.MonkeyPatch.context())
        self.companies = [
            Company("instant", asks_to_capture=False, refunds_take_time=False),
            Company("stepwise", asks_to_capture=True, refunds_take_time=True),
        ]
        for company in self.companies:
            patch.setitem(providers._BUILDERS, company.code, lambda company=company: company)
        self.truths: list[tuple[int, ProviderPayment]] = []
        self.events = 0

    @initialize(units=st.lists(st.integers(1, 3), min_size=3, max_size=3))
    def open_the_shop(self, units: list[int]) -> None:
        self.items = [StockItemFactory(on_hand=count) for count in units]
        self.staff = User.objects.create_superuser("staff@example.test", "a-long-password")
        RateFactory()
        for items in ([self.items[0]], self.items[1:]):
            order_services.place_order(draft=draft(*items))

    def teardown(self) -> None:
        """The story ends: everybody gets to know everything."""
        try:
            if hasattr(self, "items"):
                self.let_everything_come_to_its_end()
        finally:
            self.life.close()

    def let_everything_come_to_its_end(self) -> None:
        for company in self.companies:
            company.stumbles = ""
            for charge in company.charges.values():
                for index, refund in enumerate(charge.refunds):
                    if refund.status == ProviderStatus.PROCESSING:
                        company.decide_refund(charge, index, ProviderStatus.SUCCEEDED)
        for _ in range(4):  # what is found out makes refunds, and those are to be found out as well
            checks.let_the_outbox_finish()
            services.reconcile_recent_payments(hours=24)
            for company in self.companies:
                for charge in company.charges.values():
                    for index, refund in enumerate(charge.refunds):
                        if refund.status == ProviderStatus.PROCESSING:
                            company.decide_refund(charge, index, ProviderStatus.SUCCEEDED)
        Order.objects.update(updated_at=Now() - timedelta(hours=1))  # whoever was given five minutes had them
        checks.nothing_is_false()
        checks.nothing_is_lost(self.companies)

    # What customers do

    @rule(lines=st.lists(ANY, min_size=1, max_size=3, unique=True), quantity=st.integers(1, 2), is_pickup=st.booleans())
    def somebody_orders(self, lines: list[int], quantity: int, is_pickup: bool) -> None:
        items = {self.items[number % len(self.items)] for number in lines}
        wanted = draft(*sorted(items, key=lambda item: item.pk), quantity=quantity, is_pickup=is_pickup)
        with suppress(DomainError), transaction.atomic():
            order_services.place_order(draft=wanted)

    @rule(order=ANY, provider=st.sampled_from(ONLINE + BY_HAND), share=SHARES, currency=st.sampled_from(["", "VES"]))
    def he_begins_to_pay(self, order: int, provider: str, share: Decimal, currency: str) -> None:
        payment = self.attempt(order, provider, share, currency)
        if payment:
            services.start_payment(payment_id=payment.pk)

    @rule(order=ANY, provider=st.sampled_from(ONLINE + BY_HAND), share=SHARES)
    def a_process_dies_before_the_company_knows(self, order: int, provider: str, share: Decimal) -> None:
        self.attempt(order, provider, share, "")

    @rule(order=ANY, provider=st.sampled_from(ONLINE))
    def he_comes_too_late_for_his_quote(self, order: int, provider: str) -> None:
        with override_settings(FX_QUOTE_MINUTES=-1):
            self.attempt(order, provider, Decimal(1), "VES")

    def attempt(self, order: int, provider: str, share: Decimal, currency: str) -> Payment | None:
        found = pick(list(Order.objects.order_by("-pk")), order)
        return found and self.attempt_at(found, provider, share, currency)

    def attempt_at(self, found: Order, provider: str, share: Decimal, currency: str) -> Payment | None:
        part = Money(found.balance.amount * share, found.currency).rounded()
        with suppress(DomainError):
            return services.new_attempt(order_id=found.pk, provider=provider, part=part, currency=currency)
        return None

    @rule(order=ANY, provider=st.sampled_from(ONLINE), share=SHARES, currency=st.sampled_from(["", "", "VES"]))
    def he_pays_and_comes_back_to_us(self, order: int, provider: str, share: Decimal, currency: str) -> None:
        payment = self.attempt(order, provider, share, currency)
        if payment is not None:
            self.pay(payment)
            with suppress(DomainError):
                services.settle_payment(payment_id=payment.pk)

    @rule(order=ANY, shares=st.tuples(SHARES, SHARES), are_told=st.booleans())
    def he_pays_in_two_windows_at_once(self, order: int, shares: tuple[Decimal, Decimal], are_told: bool) -> None:
        found = pick(list(Order.objects.order_by("-pk")), order)
        payments = []
        for provider, share in zip(ONLINE, shares, strict=True):
            payment = found and self.attempt_at(found, provider, share, "")
            if payment:
                services.start_payment(payment_id=payment.pk)
                payments.append(payment)
        for payment in reversed(payments):  # he is quicker than we are with giving the first one up
            self.pay(payment)
            if are_told:
                with suppress(DomainError):
                    services.settle_payment(payment_id=payment.pk)

    def pay(self, payment: Payment) -> None:
        """Whatever we think of the attempt meanwhile."""
        company = self.company(payment.provider)
        services.start_payment(payment_id=payment.pk)
        charge = company.charges.get(f"ch_{payment.reference}")
        if charge and charge.status in UNDECIDED:
            company.agree(charge)

    @rule(charge=ANY, brings=st.sampled_from(["what is asked"] * 4 + ["less", "more", "other money"]))
    def he_approves(self, charge: int, brings: str) -> None:
        company, found = self.one_of(charge, lambda one: one.status in UNDECIDED)
        if found is None:
            return
        found.will_bring = {
            "what is asked": found.asked,
            "less": Money((found.asked.amount / 2).quantize(CENT) + CENT, found.asked.currency),
            "more": Money(found.asked.amount + 3, found.asked.currency),
            "other money": Money(found.asked.amount, "EUR"),
        }[brings]
        company.agree(found)

    @rule(charge=ANY, status=st.sampled_from([ProviderStatus.FAILED, ProviderStatus.PROCESSING]))
    def his_bank_declines_or_takes_its_time(self, charge: int, status: ProviderStatus) -> None:
        _, found = self.one_of(charge, lambda one: one.status in UNDECIDED)
        if found is not None:
            found.status = status

    @rule(order=ANY)
    def he_cancels(self, order: int) -> None:
        found = pick(list(Order.objects.order_by("-pk")), order)
        if found is not None:
            with suppress(DomainError):
                order_services.cancel_order(order_id=found.pk, actor="customer")

    # What companies tell

    @rule(payment=ANY)
    def we_ask_what_is_true(self, payment: int) -> None:
        found = pick(self.payments(ONLINE), payment)
        if found is not None:
            with suppress(DomainError):
                services.settle_payment(payment_id=found.pk)

    @rule(charge=ANY, copies=st.integers(1, 2))
    def the_company_tells(self, charge: int, copies: int) -> None:
        company, found = self.one_of(charge, lambda one: True)
        if found is None:
            return
        self.events += 1
        body = (
            f'{{"id": "{self.events}", "charge": "{found.name}", "money": "", "reference": "{found.reference}"}}'
        ).encode()
        with pytest.raises(WebhookNotGenuine):
            services.receive_webhook(provider=company.code, headers={"X-Signature": "forged"}, body=body)
        for _ in range(copies):
            services.receive_webhook(provider=company.code, headers={"X-Signature": "genuine"}, body=body)

    @rule(payment=ANY)
    def a_worker_has_asked_and_falls_asleep(self, payment: int) -> None:
        found = pick([one for one in self.payments(ONLINE) if one.provider_reference], payment)
        if found is not None:
            charge = self.company(found.provider).charges[found.provider_reference]
            self.truths.append((found.pk, charge.truth()))

    @rule(truth=ANY)
    def he_wakes_up_and_applies_what_was_true(self, truth: int) -> None:
        found = pick(self.truths, truth)
        if found is not None:
            apply_truth(payment_id=found[0], truth=found[1])

    @rule(company=ANY, when=st.sampled_from(["before", "after"]))
    def a_company_will_stumble(self, company: int, when: str) -> None:
        pick(self.companies, company).stumbles = when

    @rule(charge=ANY, share=SHARES)
    def somebody_refunds_in_the_companys_panel(self, charge: int, share: Decimal) -> None:
        company, found = self.one_of(charge, lambda one: one.left.amount > 0)
        if found is not None:
            amount = Money((found.left.amount * share).quantize(CENT), found.captured.currency)
            with suppress(ProviderRejected):
                company.give_back(found, max(amount, Money(CENT, amount.currency)))

    @rule(charge=ANY, index=ANY, status=st.sampled_from([ProviderStatus.SUCCEEDED, ProviderStatus.FAILED]))
    def a_refund_arrives_fails_or_comes_back(self, charge: int, index: int, status: ProviderStatus) -> None:
        company, found = self.one_of(charge, lambda one: bool(one.refunds))
        if found is None:
            return
        index %= len(found.refunds)
        if found.refunds[index].status != ProviderStatus.FAILED:
            company.decide_refund(found, index, status)

    @rule(charge=ANY)
    def a_bank_disputes(self, charge: int) -> None:
        company, found = self.one_of(charge, lambda one: one.left.amount > 0 and not one.disputes)
        if found is not None:
            company.dispute(found)

    @rule(charge=ANY, status=st.sampled_from([DisputeStatus.WON, DisputeStatus.LOST]))
    def a_dispute_is_decided(self, charge: int, status: DisputeStatus) -> None:
        company, found = self.one_of(charge, lambda one: bool(one.disputes))
        if found is not None:
            company.decide_disputes(found, status)

    # What staff do

    @rule(payment=ANY, sees=st.sampled_from(["what is asked"] * 3 + ["less", "more"]), accepts=st.booleans())
    def staff_see_money(self, payment: int, sees: str, accepts: bool) -> None:
        found = pick(self.payments(BY_HAND), payment)
        if found is None:
            return
        amount = {
            "what is asked": found.money,
            "less": Money((found.amount / 2).quantize(CENT) + CENT, found.currency),
            "more": Money(found.amount + 7, found.currency),
        }[sees]
        with suppress(DomainError):
            services.confirm_manual_payment(
                payment_id=found.pk, staff_user=self.staff, amount=amount, accept_difference=accepts
            )

    @rule(payment=ANY)
    def staff_find_no_money(self, payment: int) -> None:
        found = pick(self.payments(BY_HAND, status__in=LIVE_PAYMENTS), payment)
        if found is not None:
            with suppress(DomainError):
                services.reject_manual_payment(payment_id=found.pk, staff_user=self.staff, reason="nothing came")

    @rule(payment=ANY)
    def staff_let_what_was_set_aside_count(self, payment: int) -> None:
        found = pick(self.payments(ONLINE + BY_HAND, status=PaymentStatus.NEEDS_REVIEW), payment)
        if found is not None:
            with suppress(DomainError):
                services.accept_set_aside(payment_id=found.pk, staff_user=self.staff)

    @rule(payment=ANY, share=SHARES)
    def staff_give_back(self, payment: int, share: Decimal) -> None:
        found = pick(self.payments(ONLINE + BY_HAND, captured_amount__gt=0), payment)
        if found is not None:
            amount = Money((found.refundable.amount * share).quantize(CENT), found.currency)
            with suppress(DomainError):
                services.request_refund(payment_id=found.pk, amount=amount, reason="sorry", actor="staff:1")

    @rule(refund=ANY)
    def staff_have_sent_money_back(self, refund: int) -> None:
        waiting = Refund.objects.filter(payment__provider__in=BY_HAND, status=RefundStatus.PENDING)
        found = pick(list(waiting.order_by("pk")), refund)
        if found is not None:
            services.confirm_manual_refund(refund_id=found.pk, staff_user=self.staff, bank_reference=f"B{found.pk}")

    @rule(order=ANY)
    def staff_send_the_parcel(self, order: int) -> None:
        found = pick(list(Order.objects.order_by("-pk")), order)
        if found is not None:
            with suppress(DomainError):
                order_services.ship_order(order_id=found.pk, actor="staff:1", actor_id=self.staff.pk)

    @rule(order=ANY, line=ANY, units=st.integers(1, 2))
    def staff_send_a_part(self, order: int, line: int, units: int) -> None:
        found = pick(list(OrderLine.objects.filter(order=self.some_order(order)).order_by("pk")), line)
        if found is not None:
            with suppress(DomainError):
                order_services.ship_order(order_id=found.order_id, actor="staff:1", lines={found.public_id: units})

    @rule(order=ANY, line=ANY, units=st.integers(1, 2), are_back=st.booleans())
    def staff_give_units_back(self, order: int, line: int, units: int, are_back: bool) -> None:
        found = pick(list(OrderLine.objects.filter(order=self.some_order(order)).order_by("pk")), line)
        if found is not None:
            self.give_back(found.order_id, lines=[(found.public_id, units)], restock=are_back)

    @rule(order=ANY)
    def staff_give_all_back(self, order: int) -> None:
        found = self.some_order(order)
        if found is not None:
            self.give_back(found.pk)

    def some_order(self, number: int) -> Order | None:
        return pick(list(Order.objects.order_by("-pk")), number)

    def give_back(self, order_id: int, **what: Any) -> None:
        with suppress(DomainError):
            services.refund_order_lines(order_id=order_id, reason="broken", actor="staff:1", **what)

    # What time does

    @rule(order=ANY, is_swept=st.booleans())
    def a_window_ends(self, order: int, is_swept: bool) -> None:
        found = pick(list(Order.objects.exclude(payment_due_at=None).order_by("-pk")), order)
        if found is not None:
            Order.objects.filter(pk=found.pk).update(payment_due_at=Now() - timedelta(seconds=1))
            if is_swept:
                order_services.expire_due_orders()

    @rule(rate=st.sampled_from(["784.6633", "801.0001", "1.37", "36500.555"]))
    def the_rate_moves(self, rate: str) -> None:
        RateFactory(rate=Decimal(rate))

    @rule()
    def the_outbox_is_drained(self) -> None:
        while outbox.drain():
            pass

    @rule()
    def the_outbox_hands_over_one(self) -> None:
        outbox.drain(seconds=0.0001)

    @rule()
    def the_reconciler_goes_round(self) -> None:
        Payment.objects.update(updated_at=Now() - timedelta(hours=1))
        Refund.objects.update(updated_at=Now() - timedelta(hours=1))
        services.reconcile_open_payments()

    @invariant()
    def nothing_is_false(self) -> None:
        checks.nothing_is_false()

    def payments(self, codes: list[str], **about: object) -> list[Payment]:
        return list(Payment.objects.filter(provider__in=codes, **about).order_by("-pk"))

    def company(self, code: str) -> Company:
        return next(company for company in self.companies if company.code == code)

    def one_of(self, number: int, fits) -> tuple[Company, Charge | None]:
        pairs = [(one, charge) for one in self.companies for charge in one.charges.values() if fits(charge)]
        return pick(pairs, number) or (self.companies[0], None)
