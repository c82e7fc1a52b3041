"""Which request does what: method, path, the function, the parameters it knows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.stripe import customers, endpoints, lists, payment_intents, refunds, setup_intents
from sandbox.stripe.account import Account
from sandbox.stripe.wire import Call, boolean

Handler = Callable[[Account, Call], dict[str, Any]]

PAGING = "limit starting_after ending_before created"
METHOD = "payment_method payment_method_data payment_method_types payment_method_options"
CONFIRM = f"{METHOD} return_url off_session error_on_requires_action use_stripe_sdk mandate_data client_secret key"
INTENT = f"""{METHOD} amount currency customer description metadata receipt_email setup_future_usage shipping
    statement_descriptor statement_descriptor_suffix transfer_group payment_details excluded_payment_method_types"""
AUTOMATIC = "automatic_payment_methods allowed_payment_method_types"
CUSTOMER = "email name phone description address shipping metadata invoice_settings"


@dataclass(frozen=True)
class ApiRoute:
    """`client` routes may also be called by a browser, with a publishable key and the object's client secret."""

    method: str
    path: str
    handler: Handler
    params: str = ""
    client: bool = False


def retrieve(kind: str, param: str = "id") -> Handler:
    return lambda account, call: account.get(kind, call.ids["id"], param)


def listing(kind: str, *filters: str) -> Handler:
    """A list of one kind of object, filtered by equality where a filter is given."""

    def handler(account: Account, call: Call) -> dict[str, Any]:
        equal = {name: call.text(name) for name in filters if call.text(name) is not None}
        return lists.page(account, call, kind, account.newest(kind, **equal))

    return handler


def customer_methods(account: Account, call: Call) -> dict[str, Any]:
    customer = account.get("customer", call.ids["id"], "customer")
    return lists.page(account, call, "payment_method", account.newest("payment_method", customer=customer["id"]))


def events(account: Account, call: Call) -> dict[str, Any]:
    types = [*call.params.get("types", []), *([call.text("type")] if call.text("type") else [])]
    found = account.newest("event")
    if types:
        found = [one for one in found if one["type"] in types]
    if "delivery_success" in call.params:
        wanted = boolean(call.text("delivery_success"), "delivery_success")
        found = [one for one in found if (one["pending_webhooks"] == 0) == wanted]
    return lists.page(account, call, "event", found)


def _intent_routes(kind: str, module: Any, create_params: str) -> list[ApiRoute]:
    start = f"/v1/{kind}s"
    return [
        ApiRoute("POST", start, module.create, f"{INTENT} {AUTOMATIC} {CONFIRM} confirm {create_params}"),
        ApiRoute("GET", start, listing(kind, "customer"), f"{PAGING} customer"),
        ApiRoute("GET", f"{start}/{{id}}", module.retrieve, "client_secret key", client=True),
        ApiRoute(
            "POST",
            f"{start}/{{id}}/confirm",
            module.confirm,
            f"{CONFIRM} receipt_email setup_future_usage shipping",
            client=True,
        ),
        ApiRoute("POST", f"{start}/{{id}}/cancel", module.cancel, "cancellation_reason"),
    ]


ROUTES = [
    *_intent_routes("payment_intent", payment_intents, "capture_method"),
    ApiRoute("POST", "/v1/payment_intents/{id}", payment_intents.update, INTENT),
    ApiRoute("POST", "/v1/payment_intents/{id}/capture", payment_intents.capture, "amount_to_capture metadata"),
    *_intent_routes("setup_intent", setup_intents, "usage"),
    ApiRoute("POST", "/v1/customers", customers.create, f"{CUSTOMER} payment_method"),
    ApiRoute("GET", "/v1/customers", listing("customer", "email"), f"{PAGING} email"),
    ApiRoute("GET", "/v1/customers/{id}", customers.retrieve),
    ApiRoute("POST", "/v1/customers/{id}", customers.update, CUSTOMER),
    ApiRoute("DELETE", "/v1/customers/{id}", customers.delete),
    ApiRoute("GET", "/v1/customers/{id}/payment_methods", customer_methods, f"{PAGING} type"),
    ApiRoute("GET", "/v1/payment_methods", listing("payment_method", "customer", "type"), f"{PAGING} customer type"),
    ApiRoute("GET", "/v1/payment_methods/{id}", customers.retrieve_method),
    ApiRoute("POST", "/v1/payment_methods/{id}/attach", customers.attach_method, "customer"),
    ApiRoute("POST", "/v1/payment_methods/{id}/detach", customers.detach_method),
    ApiRoute("POST", "/v1/refunds", refunds.create, "amount charge payment_intent reason metadata"),
    ApiRoute("GET", "/v1/refunds", listing("refund", "charge", "payment_intent"), f"{PAGING} charge payment_intent"),
    ApiRoute("GET", "/v1/refunds/{id}", retrieve("refund", "refund")),
    ApiRoute(
        "GET", "/v1/charges", listing("charge", "payment_intent", "customer"), f"{PAGING} payment_intent customer"
    ),
    ApiRoute("GET", "/v1/charges/{id}", retrieve("charge")),
    ApiRoute("GET", "/v1/disputes", listing("dispute", "charge", "payment_intent"), f"{PAGING} charge payment_intent"),
    ApiRoute("GET", "/v1/disputes/{id}", retrieve("dispute", "dispute")),
    ApiRoute("GET", "/v1/balance_transactions/{id}", retrieve("balance_transaction")),
    ApiRoute("GET", "/v1/events", events, f"{PAGING} type types delivery_success"),
    ApiRoute("GET", "/v1/events/{id}", retrieve("event")),
    ApiRoute("POST", "/v1/webhook_endpoints", endpoints.create, "url enabled_events api_version description metadata"),
    ApiRoute("GET", "/v1/webhook_endpoints", listing("webhook_endpoint"), PAGING),
    ApiRoute("DELETE", "/v1/webhook_endpoints/{id}", endpoints.delete),
]
