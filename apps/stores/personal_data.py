"""In which stores a person works, or is asked to. A store itself is a business, and says nothing of a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apps.common.personal_data import Erased, Holding, Obstacle, Person, register
from apps.stores.models import StoreInvitation, StoreMember, StoreRole


def export_stores(person: Person) -> dict[str, Any]:
    mine = StoreMember.objects.filter(user_id=person.user_id).order_by("pk")
    invitations = StoreInvitation.objects.filter(email__iexact=person.mailbox).exclude(email="").order_by("pk")
    return {
        "works_in": list(mine.values("store__name", "role", "created_at")),
        "invited_to": list(invitations.values("store__name", "role", "created_at", "expires_at")),
    }


def erase_stores(person: Person) -> Erased:
    invitations = StoreInvitation.objects.filter(email__iexact=person.email)
    return Erased(StoreMember.objects.filter(user_id=person.user_id).delete()[0] + invitations.delete()[0])


def stores_to_hand_over(person: Person) -> Iterator[Obstacle]:
    owners = StoreMember.objects.filter(role=StoreRole.OWNER)
    for member in owners.filter(user_id=person.user_id).select_related("store").order_by("pk"):
        if not owners.filter(store=member.store).exclude(pk=member.pk).exists():
            sentence = f"You alone own the store {member.store.name}: hand it over to somebody else first."
            yield Obstacle("store_owner", member.store.name, sentence)


register(
    Holding(
        name="stores",
        about="The stores that you work in, or are invited to, and as what.",
        export=export_stores,
        erase=erase_stores,
        obstacles=stores_to_hand_over,
        exports=["stores.StoreMember", "stores.StoreInvitation"],
        erases=["stores.StoreMember.user", "stores.StoreInvitation.email"],
        keeps={"stores.Store.email": "where a business hears of its orders; its owner hands the store over first"},
        withheld={"stores.Store": "a business, not a person"},
    )
)
