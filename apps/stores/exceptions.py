from apps.common.exceptions import Conflict, NotFound


class StoreNotFound(NotFound):
    code = "store-not-found"
    title = "There is no such store"

    def __init__(self) -> None:
        super().__init__("There is no such store, or it is not yours.")


class StoresNotOffered(NotFound):
    code = "stores-not-offered"
    title = "Customers cannot open stores here"

    def __init__(self) -> None:
        super().__init__("This shop does not let customers open stores.")


class TooManyStores(Conflict):
    code = "too-many-stores"
    title = "Nobody owns that many stores"

    def __init__(self, most: int) -> None:
        super().__init__(f"You own {most} stores already.")


class MemberNotFound(NotFound):
    code = "store-member-not-found"
    title = "There is no such member"

    def __init__(self) -> None:
        super().__init__("Nobody with that id works in this store.")


class InvitationNotFound(NotFound):
    code = "store-invitation-not-found"
    title = "There is no such invitation"

    def __init__(self) -> None:
        super().__init__("There is no such invitation, or it is too old.")


class TooManyInvitations(Conflict):
    code = "too-many-store-invitations"
    title = "Too many invitations are open"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} invitations wait for an answer; withdraw one first.")


class LastOwner(Conflict):
    code = "store-last-owner"
    title = "A store always has an owner"

    def __init__(self) -> None:
        super().__init__("This is the store's only owner; make somebody else an owner first.")
