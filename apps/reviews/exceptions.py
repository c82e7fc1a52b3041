from apps.common.exceptions import Conflict, Forbidden, NotFound


class ReviewNotFound(NotFound):
    code = "review-not-found"
    title = "There is no such review"

    def __init__(self) -> None:
        super().__init__("There is no such review, or it is not yours.")


class NotBought(Forbidden):
    code = "review-not-bought"
    title = "Only buyers review a product"

    def __init__(self) -> None:
        super().__init__("You can review what you have bought and paid for here, and did not give back.")


class ReviewedAlready(Conflict):
    code = "reviewed-already"
    title = "You have reviewed this product"

    def __init__(self) -> None:
        super().__init__("You have reviewed this product already; change that review instead.")


class ReviewDecided(Conflict):
    code = "review-decided"
    title = "The review was decided, or changed, meanwhile"

    def __init__(self) -> None:
        super().__init__("Somebody else decided on it, or its author changed it, while you were reading; look again.")
