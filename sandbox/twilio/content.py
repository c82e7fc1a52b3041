"""Templates and their approval, as in the Content API. Source: https://www.twilio.com/docs/content/content-api-resources"""

import json
import re
from datetime import UTC, datetime

from starlette.requests import Request

from sandbox.company import address_of
from sandbox.twilio.account import Account, Document, Refused, new_sid

GAP = re.compile(r"\{\{(\w+)\}\}")
NOBODY = "AC" + "0" * 32  # this interface does not name the account
CATEGORIES = {"twilio/text": {"UTILITY", "MARKETING"}, "whatsapp/authentication": {"AUTHENTICATION"}}
CODE_WORDS = {  # Meta's own; nobody may send codes in others
    "en": "*{{1}}* is your verification code. For your security, do not share this code.",
    "es": "*{{1}}* es tu código de verificación. Por tu seguridad, no lo compartas.",
    "pt": "*{{1}}* é o seu código de verificação. Para sua segurança, não o compartilhe.",
}
LONGEST_CODE = 15


def create(account: Account, request: Request, asked: Document) -> Document:
    if not _body(asked) or not asked.get("language"):
        raise Refused(400, 60200, "Invalid parameter: a template has a language and a body")
    sid, at = new_sid("HX"), datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    address = f"{address_of(request)}/twilio/v1/Content/{sid}"
    template = {
        "sid": sid,
        "account_sid": NOBODY,
        "friendly_name": asked.get("friendly_name", ""),
        "language": asked["language"],
        "variables": asked.get("variables", {}),
        "types": asked["types"],
        "date_created": at,
        "date_updated": at,
        "url": address,
        "links": {
            "approval_create": f"{address}/ApprovalRequests/whatsapp",
            "approval_fetch": f"{address}/ApprovalRequests",
        },
        "_approval": None,
    }
    return account.save("content", template)


def show(account: Account, request: Request, asked: Document) -> Document:
    return account.get("content", request.path_params["sid"])


def ask_approval(account: Account, request: Request, asked: Document) -> Document:
    template = account.get("content", request.path_params["sid"])
    [kind] = template["types"]
    if asked.get("category") not in CATEGORIES[kind] or not re.fullmatch(r"[a-z0-9_]{1,512}", asked.get("name", "")):
        raise Refused(400, 60200, "Invalid parameter: name or category")
    approval = {
        "name": asked["name"],
        "category": asked["category"],
        "content_type": kind,
        "status": "received",
        "rejection_reason": "",
        "allow_category_change": True,
    }
    account.save("content", template | {"_approval": approval})
    return approval


def show_approval(account: Account, request: Request, asked: Document) -> Document:
    template = account.get("content", request.path_params["sid"])
    approval = template["_approval"]
    if approval and approval["status"] == "received" and account.switches["approve"]:
        template = judge(account, template, status="approved")
    return {
        "sid": template["sid"],
        "account_sid": template["account_sid"],
        "whatsapp": template["_approval"] or {},
        "url": f"{template['url']}/ApprovalRequests",
    }


def judge(account: Account, template: Document, *, status: str, reason: str = "") -> Document:
    """What Meta decides about a template: approved, rejected, paused."""
    approval = (template["_approval"] or {"name": template["friendly_name"], "category": "UTILITY"}) | {
        "status": status,
        "rejection_reason": reason,
    }
    return account.save("content", template | {"_approval": approval})


def fill(template: Document, variables: Document) -> tuple[str, int | None]:
    """The words that the phone shows, and the error code with which Meta would refuse them."""
    body = _body(template)
    words = GAP.sub(lambda gap: variables.get(gap[1], template["variables"].get(gap[1], "")), body)
    if (template["_approval"] or {}).get("status") != "approved":
        return words, 63027
    if set(GAP.findall(body)) != variables.keys():
        return words, 63028
    is_too_long = len(words) > 1024 or (_is_for_codes(template) and len(variables["1"]) > LONGEST_CODE)
    return words, 63021 if is_too_long else None


def _is_for_codes(template: Document) -> bool:
    return bool(template.get("types", {}).get("whatsapp/authentication", {}).get("actions"))


def _body(template: Document) -> str:
    """The words with their gaps; empty if it is no template that we know."""
    if _is_for_codes(template):
        return CODE_WORDS.get(template.get("language", ""), CODE_WORDS["en"])
    return str(template.get("types", {}).get("twilio/text", {}).get("body", ""))


def read_variables(text: str) -> Document:
    """Refuse what cannot stand in a template: no JSON object of strings, emptiness, line breaks, tabs, long gaps."""
    try:
        variables = json.loads(text or "{}")
    except ValueError as error:
        raise Refused(400, 21656, "The ContentVariables Parameter is invalid.") from error
    values = variables.values() if isinstance(variables, dict) else [None]
    if not all(isinstance(one, str) and one.strip() and not re.search(r"[\n\r\t]| {5}", one) for one in values):
        raise Refused(400, 21656, "The ContentVariables Parameter is invalid.")
    return variables
