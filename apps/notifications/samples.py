"""What each mail may show, by example: in every state that a real one can be in.

Of these it is known which placeholders a mail has, and with these a wording of the staff's is tried before it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from apps.common.money import Money
from apps.notifications.secrets import CODE
from apps.notifications.selectors.orders import (
    CaseSummary,
    LineSummary,
    OrderSummary,
    ParcelSummary,
    PartSummary,
    Quoted,
    ReportSummary,
    SignInSummary,
    TransferSummary,
)
from apps.notifications.selectors.shop import FoundReport, LowGoods, RateAlertSummary
from apps.notifications.selectors.timed import Goods

Context = Mapping[str, Any]
States = dict[str, Context]

NAMELESS = "without a name"  # whoever has an account need not tell it
_SHOP = "https://shop.example"
_ADMIN = "https://api.shop.example/admin/"


def _usd(figure: str) -> Money:
    return Money(Decimal(figure), "USD")


_VES = Quoted(Money(Decimal("4512.34"), "VES"), "USD", Decimal("86.7757"), "bcv", date(2026, 11, 20), is_fallback=False)
_LINES = [
    LineSummary(1, "RX-78-2 Gundam Ver.Ka", "Grade: MG, Scale: 1/100", _usd("42.00")),
    LineSummary(2, "Zaku II", "", _usd("20.00")),
]
_WAITS = OrderSummary(
    number="ORD-100001",
    name="Ana Pérez",
    email="ana@example.com",
    lines=_LINES,
    subtotal=_usd("62.00"),
    discount=_usd("10.00"),
    shipping=_usd("5.00"),
    tax=_usd("3.00"),
    total=_usd("60.00"),
    second=_VES,
    parts=[],
    left=_usd("60.00"),
    shipping_method="MRW",
    address=["Ana Pérez", "Av. Bolívar 1", "1010 Caracas", "VE", "+584121234567"],
    is_awaiting_payment=True,
    pay_by=datetime(2026, 11, 22, 18, 30, tzinfo=UTC),
    transfer=TransferSummary(_usd("60.00"), "Demo Bank, account 0000", "ORD-100001-A"),
    url=f"{_SHOP}/orders/ORD-100001",
    admin_url=f"{_ADMIN}orders/order/1/change/",
)
_PARTLY = replace(_WAITS, parts=[PartSummary(_usd("8.00"), _VES), PartSummary(_usd("2.00"), None)], left=_usd("50.00"))
_PAID = replace(_WAITS, left=_usd("0.00"), is_awaiting_payment=False, pay_by=None, transfer=None)
_BARE = replace(
    _WAITS, name="", second=None, discount=_usd("0.00"), tax=_usd("0.00"), address=[], pay_by=None, transfer=None
)
_ORDERS = {"waits for a transfer": _WAITS, "paid in part": _PARTLY, "paid": _PAID, "with nothing more": _BARE}
_FOUND = FoundReport(_VES.after, "012345678901")
_SIGN_IN = {"sign_in": SignInSummary("Firefox on Linux", "203.0.113.7", datetime(2026, 11, 21, 18, 30, tzinfo=UTC))}
_ACCOUNT = {"account_url": f"{_SHOP}/account/security"}
_GOODS = {"goods": [Goods("RX-78-2", f"{_SHOP}/products/rx-78-2"), Goods("Zaku II", f"{_SHOP}/products/zaku-ii")]}
_WILLING = {"unsubscribe_url": f"{_SHOP}/unsubscribe?token=example", **_GOODS}
_REPORT = ReportSummary("ORD-100001", _VES.after, "pago_movil", "012345678901", f"{_ADMIN}orders/order/1/change/")
_PARCEL = ParcelSummary("MRW", "MRW123456789", _LINES, is_last=True)
_CASE = CaseSummary("Wrong amount", "50.00 USD came in place of 60.00 USD.", "ORD-100001", f"{_ADMIN}payments/case/1/")
_ALERT = RateAlertSummary(
    "Large move", "VES", "From 100 to 112.5 by bcv.", "+12.50", is_large_move=True, admin_url=_ADMIN
)
_LOW = LowGoods("Zaku II", "ZAK-2", "Main shelf", 1, 3)


def _one(**context: Any) -> States:
    return {"the usual one": context}


def _to_person(**context: Any) -> States:
    return {"the usual one": {"name": "Ana", **context}, NAMELESS: {"name": "", **context}}


def _each(states: States, **changes: Context) -> States:
    """The first state with each of these changes, after those that there are."""
    first = next(iter(states.values()))
    return states | {name: {**first, **change} for name, change in changes.items()}


def _of_order(**context: Any) -> States:
    return {state: {"name": order.name, "order": order, **context} for state, order in _ORDERS.items()}


_RETURNED = ("units_gone", "ordered_again", "order_expired", "order_cancelled", "already_paid")
_ASKED = {
    "goods": "RX-78-2 Gundam Ver.Ka",
    "url": f"{_SHOP}/products/rx-78-2",
    "unsubscribe_url": f"{_SHOP}/price-alerts/end?token=example",
}
SAMPLES: dict[str, States] = {
    "abandoned_cart": _to_person(**_WILLING, cart_url=f"{_SHOP}/cart"),
    "account_erased": _one(),
    "back_in_stock": _to_person(**_ASKED),
    "change_email": _to_person(link=f"{_SHOP}/change-email?token=example"),
    "data_export": _to_person(link=f"{_SHOP}/account/data?token=example", hours=48),
    "email_changed": _to_person(email="a•••@example.com"),
    "new_device": _to_person(**_SIGN_IN, **_ACCOUNT),
    "order_cancelled": _of_order(),
    "order_confirmed": _each(_of_order(found=_FOUND), **{"no report of the money": {"found": None}}),
    "order_delivered": _of_order(),
    "order_expired": _of_order(),
    "order_placed": _of_order(),
    "order_shipped": _each(
        _of_order(parcel=_PARCEL),
        **{"a part, with no number": {"parcel": ParcelSummary("", "", _LINES, is_last=False)}},
    ),
    "password_changed": _to_person(**_ACCOUNT),
    "payment_expiring": _of_order(),
    "payment_failed": _of_order(),
    "payment_received": _each(
        _of_order(amount=_VES.after, part=PartSummary(_usd("52.00"), _VES), found=_FOUND),
        **{"in the order's currency": {"part": PartSummary(_usd("52.00"), None), "found": None}},
    ),
    "payment_rejected": _each(_of_order(reason="No such reference."), **{"without a reason": {"reason": ""}}),
    "payment_reported": _of_order(report=_REPORT),
    "payment_returned": _each(
        _of_order(amount=_usd("60.00"), reason=_RETURNED[0]), **{reason: {"reason": reason} for reason in _RETURNED[1:]}
    ),
    "phone_changed": _to_person(phone="+58•••67", **_ACCOUNT),
    "price_drop": _to_person(**_ASKED, price=_usd("35.00"), asked_price=_usd("42.00")),
    "refund_sent": _each(_of_order(amount=_usd("60.00"), quoted=_VES), **{"in the order's currency": {"quoted": None}}),
    "reset_password": _to_person(link=f"{_SHOP}/reset-password?token=example"),
    "review_invitation": _to_person(**_WILLING, number="ORD-100001"),
    "second_factor_changed": _each(
        _to_person(change="set_up"), reset={"change": "reset"}, recovery={"change": "recovery"}
    ),
    "session_reused": _to_person(**_SIGN_IN, **_ACCOUNT),
    "staff_case": _each(_one(case=_CASE), **{"about no order": {"case": replace(_CASE, order_number="")}}),
    "staff_dead_letters": _one(handler="notifications.send_message", count=3, admin_url=_ADMIN),
    "staff_low_stock": _one(goods=[_LOW, _LOW], count=2),
    "staff_new_order": {state: {"order": order} for state, order in _ORDERS.items()},
    "staff_payment_to_verify": _one(report=_REPORT),
    "staff_rate_alert": _each(
        _one(alert=_ALERT), **{"no move": {"alert": replace(_ALERT, change="", is_large_move=False)}}
    ),
    "staff_system_error": _one(where="POST api/v1/checkout/", error="KeyError", request_id="4b1f"),
    "step_up_code": _each(
        _to_person(code=CODE, purpose="change_email", **_ACCOUNT),
        **{purpose: {"purpose": purpose} for purpose in ("change_phone", "change_password", "erase_account")},
    ),
    "store_invitation": _to_person(store="Mecha Shop", email="ana@example.com", link=f"{_SHOP}/account/invitations"),
    "suspicious_sign_in": _each(
        _to_person(**_SIGN_IN, **_ACCOUNT, networks=4, others_ended=True), **{"others stay": {"others_ended": False}}
    ),
    "verify_email": _to_person(link=f"{_SHOP}/verify-email?token=example"),
    "welcome": _to_person(),
}
# Without it the mail is good for nothing, so no wording may leave it out.
NEEDED = {
    "change_email": "link",
    "data_export": "link",
    "reset_password": "link",
    "step_up_code": "code",
    "store_invitation": "link",
    "verify_email": "link",
}


def states_of(template: str) -> States:
    """Every state with the shop beside it. Raises KeyError if the shop writes no such mail."""
    shop = {"shop": "Mecha Shop", "shop_url": _SHOP}
    return {state: {**shop, **context} for state, context in SAMPLES[template].items()}
