"""The staff's roles: groups with what each may see and do, made once; the owner may change them afterwards."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

ALL = ("view", "add", "change", "delete")
LOOK = ("view",)
ACT = ("view", "change")

# role: what it may do with which app's models, or with one model
ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "Catalogue": {
        "catalog": ALL,
        "bulk": ("view", "add", "change"),
        "inventory": ("view", "add", "change"),
        "stores.store": LOOK,
    },
    "Orders": {"orders": ACT, "shipping": ALL, "inventory": LOOK, "payments": LOOK, "accounts.user": LOOK},
    "Payments": {"payments": ("view", "add", "change"), "orders": LOOK, "fx_rates": ("view", "add", "change")},
    "Support": {
        "accounts.user": ("view", "add", "change"),
        "accounts.address": LOOK,
        "orders": LOOK,
        "notifications.message": ACT,
        "notifications.phonetemplateapproval": ACT,
        "notifications.closednumber": ACT,
        "notifications.mailwording": LOOK,
        "reviews": ACT,
        "wishlists": LOOK,
        "catalog": LOOK,
    },
    "Security": {
        "accounts.user": ("view", "change", "erase"),
        "accounts.securityattempt": ACT,
        "accounts.usersession": ACT,
        "outbox": ACT,
    },
}


def ensure_roles() -> list[str]:
    """Make the groups that are not there; one that is keeps what the owner has made of it. Returns the new ones."""
    made = []
    for name, may in ROLES.items():
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            group.permissions.set(Permission.objects.filter(_any_of(may)))
            made.append(name)
    return made


def _any_of(may: dict[str, tuple[str, ...]]) -> Q:
    found = Q(pk=None)
    for what, actions in may.items():
        app, _, model = what.partition(".")
        for action in actions:
            name = Q(codename=f"{action}_{model}") if model else Q(codename__startswith=f"{action}_")
            found |= Q(content_type__app_label=app) & name
    return found
