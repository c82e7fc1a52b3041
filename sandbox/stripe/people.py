"""What the customer does in the browser: pays with a card, passes 3-D Secure or not. The way is that of Stripe.js."""

from typing import Any

from sandbox.stripe import payment_intents, setup_intents
from sandbox.stripe.account import Account, Document
from sandbox.stripe.cards import BY_NUMBER
from sandbox.stripe.wire import Call, StripeError

GOOD, BAD = "4242424242424242", "4000000000000002"


class Customer:
    """Somebody before the page of one PaymentIntent or SetupIntent; each act answers the intent as it is afterwards."""

    def __init__(self, account: Account, intent_id: str, *, base_url: str) -> None:
        self.account = account
        self.kind = "setup_intent" if intent_id.startswith("seti_") else "payment_intent"
        self.actions = setup_intents if self.kind == "setup_intent" else payment_intents
        self.intent_id = intent_id
        self.base_url = base_url

    @property
    def intent(self) -> Document:
        return self.account.get(self.kind, self.intent_id, "intent")

    def approve(self) -> Document:
        """Pay with the method that is there, or with a good card, and pass 3-D Secure if it is asked for."""
        if self.intent["status"] != "requires_action":
            self.pay(None if self.intent["payment_method"] else GOOD)
        return self.authenticate(passed=True) if self.intent["status"] == "requires_action" else self.intent

    def decline(self) -> Document:
        """Pay with a card that is declined, or fail the 3-D Secure check that is waiting."""
        return self.authenticate(passed=False) if self.intent["status"] == "requires_action" else self.pay(BAD)

    def pay(self, number: str | None, return_url: str | None = None) -> Document:
        """Confirm with this card, or with the method that the intent has; a decline is an outcome here, no error."""
        params: dict[str, Any] = {"client_secret": self.intent["client_secret"]}
        if number is not None:
            params["payment_method_data"] = {"type": "card", "card": {"number": BY_NUMBER[number].number}}
        if return_url:
            params["return_url"] = return_url
        return self._do(self.actions.confirm, self._call(params))

    def authenticate(self, *, passed: bool) -> Document:
        intent = self.intent
        if intent["status"] != "requires_action":
            return intent
        return self._do(self.actions.authenticate, intent, passed=passed)

    def _do(self, action: Any, *args: Any, **options: Any) -> Document:
        try:
            return action(self.account, *args, **options)
        except StripeError as error:
            if error.status != 402:
                raise
            return self.intent

    def _call(self, params: dict[str, Any]) -> Call:
        ids = {"id": self.intent_id}
        return Call("", params, ids, request_id="", base_url=self.base_url, client=True)
