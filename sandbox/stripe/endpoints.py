"""Webhook endpoints that are registered through the API; the one from the settings comes on top."""

from sandbox.stripe import objects
from sandbox.stripe.account import Account, Document
from sandbox.stripe.wire import Call, invalid


def create(account: Account, call: Call) -> Document:
    """Register an address; only this one answer shows its signing secret."""
    url = call.required("url")
    if not url.startswith(("http://", "https://")):
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url", "url_invalid")
    types = call.params.get("enabled_events")
    if not isinstance(types, list):
        raise invalid("Missing required param: enabled_events.", "enabled_events", "parameter_missing")
    endpoint = objects.webhook_endpoint(url=url, enabled_events=types, api_version=call.text("api_version"))
    endpoint["description"] = call.text("description")
    endpoint["metadata"] = call.metadata({})
    account.save(endpoint)
    return endpoint | {"secret": endpoint["_secret"]}


def delete(account: Account, call: Call) -> Document:
    endpoint = account.get("webhook_endpoint", call.ids["id"], "webhook_endpoint")
    account.drawer.delete("webhook_endpoint", endpoint["id"])
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}
