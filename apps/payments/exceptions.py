"""What we refuse, and what a provider may answer instead of an answer."""

from apps.common.exceptions import BadInput, Conflict, Invalid, NotFound, Unavailable


class ProviderNotOffered(Invalid):
    code = "provider-not-offered"
    title = "That way of paying is not offered for this"


class PaymentNotFound(NotFound):
    code = "payment-not-found"
    title = "There is no such payment"


class OrderNotPayable(Conflict):
    code = "order-not-payable"
    title = "The order does not await payment"


class PartTooLarge(Invalid):
    code = "part-too-large"
    title = "That cannot be paid on this order"


class ReturnUrlNotAllowed(Invalid):
    code = "return-url-not-allowed"
    title = "The customer cannot be sent back there"


class PaymentInProgress(Conflict):
    code = "payment-in-progress"
    title = "A payment is being worked on"


class PaymentNotConfirmable(Conflict):
    code = "payment-not-confirmable"
    title = "The payment cannot be confirmed or rejected by hand"


class ClaimNotFound(NotFound):
    code = "claim-not-found"
    title = "There is no such report"


class PaymentNotClaimable(Conflict):
    code = "payment-not-claimable"
    title = "No mobile payment is awaited there"


class ReportRefused(BadInput):
    code = "report-refused"
    title = "That cannot be the payment"


class ReferenceUsed(Conflict):
    code = "reference-used"
    title = "This bank reference was reported before"


class ClaimDecided(Conflict):
    code = "claim-decided"
    title = "The report has been decided already"


class AmountDiffers(Conflict):
    code = "amount-differs"
    title = "Another amount came than was asked"


class SecondPersonNeeded(Conflict):
    code = "second-person-needed"
    title = "Somebody else must confirm this too"


class StatementRefused(Invalid):
    code = "statement-refused"
    title = "The bank statement cannot be used"


class RecipientRefused(Invalid):
    code = "recipient-refused"
    title = "That account cannot be used"


class PaymentNotReportable(Conflict):
    code = "payment-not-reportable"
    title = "That payment cannot be reported"


class RefundRefused(Conflict):
    code = "refund-refused"
    title = "That cannot be refunded"


class RefundLineNotFound(NotFound):
    code = "refund-line-not-found"
    title = "The order has no such line"


class SavedMethodNotFound(NotFound):
    code = "saved-method-not-found"
    title = "There is no such saved card"


class ProviderUnavailable(Unavailable):
    """Nobody knows whether the provider did it: fetch, or repeat unchanged under the same key."""

    code = "provider-unavailable"
    title = "The payment provider does not answer"


class PaymentDeclined(Exception):
    """The customer must act: another card, another way. `failure_code` is the provider's word for why."""

    def __init__(self, message: str, *, failure_code: str) -> None:
        super().__init__(message)
        self.failure_code = failure_code
        self.message = message


class ProviderRejected(Exception):
    """The provider understood and refused: a mistake of ours, or something that its state forbids; never repeated."""

    def __init__(self, provider: str, *, reason: str, message: str = "") -> None:
        super().__init__(f"{provider}: {reason} {message}".strip())
        self.reason = reason
        self.message = message


class WebhookNotGenuine(Exception):
    """No signature, a wrong one, or one that is stale or from the future."""


class WebhookNotUnderstood(Exception):
    """A genuine message of another shape than agreed: it is kept and acknowledged, and staff get a case."""


class WebhookObjectUnknown(Exception):
    """A genuine event speaks of an attempt of ours that we do not know (yet): the outbox tries again."""
