"""The sidebar and the front page; unfold calls these with every request."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from apps.operations import selectors
from apps.operations.selectors import Day, Queue, Waiting
from apps.stores import selectors as store_selectors

DAYS_SHOWN = 14
Answer = TypeVar("Answer")


class Page(NamedTuple):
    """A list in the sidebar: `model` is "app_label.model_name", as in permissions."""

    title: str
    icon: str
    model: str


PAGES = {
    "Sales": [
        Page("Orders", "receipt_long", "orders.order"),
        Page("Payments", "payments", "payments.payment"),
        Page("Refunds", "currency_exchange", "payments.refund"),
        Page("Cases", "gavel", "payments.case"),
        Page("Disputes", "balance", "payments.dispute"),
        Page("Books", "menu_book", "payments.ledgertransaction"),
    ],
    "Pago Móvil": [
        Page("Reports", "smartphone", "payments.pagomovilclaim"),
        Page("Our accounts", "account_balance_wallet", "payments.pagomovilrecipient"),
        Page("Statements", "description", "payments.bankstatement"),
        Page("Statement lines", "list", "payments.statementline"),
        Page("Statement layouts", "view_column", "payments.statementlayout"),
        Page("Banks", "account_balance", "payments.bank"),
    ],
    "Catalogue": [
        Page("Products", "shopping_bag", "catalog.product"),
        Page("Bulk changes", "price_change", "bulk.bulkchange"),
        Page("Offers", "percent", "catalog.offer"),
        Page("Categories", "account_tree", "catalog.category"),
        Page("Tags", "sell", "catalog.tag"),
        Page("Product types", "category", "catalog.producttype"),
        Page("Attributes", "tune", "catalog.attribute"),
        Page("Searches", "search_insights", "catalog.search"),
        Page("Synonyms", "match_word", "catalog.searchsynonym"),
    ],
    "Reviews": [
        Page("Reviews", "reviews", "reviews.review"),
    ],
    "Wishes": [
        Page("Wishlists", "favorite", "wishlists.wishlist"),
        Page("Alerts", "notifications", "wishlists.pricealert"),
    ],
    "Stock": [
        Page("Stock", "inventory_2", "inventory.stockitem"),
        Page("Movements", "swap_vert", "inventory.stockmovement"),
        Page("Reservations", "bookmark", "inventory.reservation"),
        Page("Locations", "warehouse", "inventory.stocklocation"),
    ],
    "Customers": [
        Page("People", "group", "accounts.user"),
        Page("Messages", "mail", "notifications.message"),
        Page("Mails", "stylus_note", "notifications.mailwording"),
        Page("Mail style", "palette", "notifications.mailstyle"),
        Page("WhatsApp templates", "chat", "notifications.phonetemplateapproval"),
        Page("Closed numbers", "phone_disabled", "notifications.closednumber"),
    ],
    "Security": [
        Page("Attempts", "security", "accounts.securityattempt"),
        Page("Sessions", "devices", "accounts.usersession"),
    ],
    "Shipping & taxes": [
        Page("Shipping methods", "local_shipping", "shipping.shippingmethod"),
        Page("Zones", "public", "shipping.shippingzone"),
        Page("Tax rates", "percent", "shipping.taxrate"),
    ],
    "Rates": [
        Page("Rates", "trending_up", "fx_rates.exchangeratesnapshot"),
        Page("Answers of the sources", "rss_feed", "fx_rates.exchangeratelog"),
        Page("Rate alerts", "notification_important", "fx_rates.exchangeratealert"),
    ],
    "System": [
        Page("Stores", "storefront", "stores.store"),
        Page("Groups", "shield_person", "auth.group"),
        Page("Webhook inbox", "webhook", "payments.webhookevent"),
        Page("Deliveries", "outbound", "outbox.delivery"),
        Page("Events", "campaign", "outbox.outboxmessage"),
    ],
}


def shop_name(request: HttpRequest) -> str:
    return _once(request, "_shop_name", store_selectors.default_store_name)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Today's queues with their counts, then every list; each only for those who may see it."""
    here = request.get_full_path()
    today = [
        {
            "title": waiting.queue.title,
            "icon": waiting.queue.icon,
            "link": (link := _link(waiting.queue)),
            "badge": str(waiting.count) if waiting.count else "",
            "badge_variant": "warning",
            "active": here == link,
        }
        for waiting in _waiting(request)
    ]
    elsewhere = "" if any(item["active"] for item in today) else request.path
    front = {"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [{"title": "Today", "items": [front, *today]}]
    for title, pages in PAGES.items():
        items = [_item(page, elsewhere) for page in pages if _may_see(request, page.model)]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def own_account(request: HttpRequest) -> list[dict[str, str]]:
    """What staff look after for themselves, in the menu with their name."""
    return [
        {"title": "Change password", "link": reverse("admin:password_change")},
        {"title": "Second factor", "link": reverse("second-factor-set-up")},
    ]


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The front page: queues as cards, and the last two weeks for those who may see orders."""
    cards = [{"queue": one.queue, "count": one.count, "link": _link(one.queue)} for one in _waiting(request)]
    context |= {"title": "Overview", "cards": cards}
    if request.user.has_perm("orders.view_order"):
        days = selectors.sales_by_day(days=DAYS_SHOWN, currency=settings.BASE_CURRENCY)
        context |= {
            "charts": _charts(days) + _payment_charts(request, days),
            "has_sales": any(day.orders or day.revenue.amount for day in days),
            "days_shown": DAYS_SHOWN,
        }
    return context


def _charts(days: list[Day]) -> list[dict[str, str]]:
    revenue = f"Revenue, {days[0].revenue.currency}"
    return [
        _chart("Orders", days, [str(day.orders) for day in days]),
        _chart(revenue, days, [day.revenue.as_json()["amount"] for day in days]),
    ]


def _payment_charts(request: HttpRequest, days: list[Day]) -> list[dict[str, str]]:
    """Of the payments that began on each day and are decided, how many of a hundred succeeded."""
    if not request.user.has_perm("payments.view_payment"):
        return []
    percents = selectors.payment_success_by_day(days=len(days))
    figures = [str(percents.get(day.date, 0)) for day in days]
    return [_chart("Payments that succeeded, %", days, figures)]


def _chart(title: str, days: list[Day], figures: list[str]) -> dict[str, str]:
    dataset = {"label": title, "data": figures, "backgroundColor": "var(--color-primary-600)", "displayYAxis": True}
    labels = [f"{day.date:%d %b}" for day in days]
    return {"title": title, "data": json.dumps({"labels": labels, "datasets": [dataset]})}


def _waiting(request: HttpRequest) -> list[Waiting]:
    """The queues that this person may see, with what waits."""
    queues = [queue for queue in selectors.QUEUES if _may_see(request, queue.model)]
    return _once(request, "_waiting", lambda: selectors.measure_waiting(queues))


def _once(request: HttpRequest, name: str, ask: Callable[[], Answer]) -> Answer:
    """What `ask` answers, asked at most once in a request."""
    memory = vars(request)
    if name not in memory:
        memory[name] = ask()
    answer: Answer = memory[name]
    return answer


def _link(queue: Queue) -> str:
    return f"{_list_of(queue.model)}?{queue.query}"


def _list_of(model: str) -> str:
    return reverse(f"admin:{model.replace('.', '_')}_changelist")


def _item(page: Page, elsewhere: str) -> dict[str, Any]:
    """`elsewhere` is the path that was asked for, unless that is a queue, which shines in its stead."""
    link = _list_of(page.model)
    return {"title": page.title, "icon": page.icon, "link": link, "active": elsewhere.startswith(link)}


def _may_see(request: HttpRequest, model: str) -> bool:
    app, name = model.split(".")
    return request.user.has_perm(f"{app}.view_{name}") or request.user.has_perm(f"{app}.change_{name}")
