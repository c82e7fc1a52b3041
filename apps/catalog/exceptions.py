from apps.common.exceptions import Conflict, Invalid, NotFound


class ProductNotFound(NotFound):
    code = "product-not-found"
    title = "There is no such product"


class ProductInvalid(Invalid):
    """`errors` names what is wrong by dotted field: `attributes.grade`, `variants.0.sku`."""

    code = "product-invalid"
    title = "The product cannot be saved like that"

    def __init__(self, errors: dict[str, list[str]]) -> None:
        first = next(f"{field}: {messages[0]}" for field, messages in errors.items())
        super().__init__(first, errors=errors)


class ProductNotPublishable(Conflict):
    code = "product-not-publishable"
    title = "The product cannot be shown in the shop"


class ProductSavedElsewhere(Conflict):
    code = "product-saved-elsewhere"
    title = "Somebody else saved the same product at the same moment"


class ProductChangedSince(Conflict):
    code = "product-changed-since"
    title = "Somebody else has changed the product since you read it"

    def __init__(self, version: str) -> None:
        super().__init__("Read the product again and put your changes into what it is now.", version=version)


class CategoryInvalid(Invalid):
    code = "category-invalid"
    title = "The category cannot be saved like that"


class CategoryNotFound(NotFound):
    code = "category-not-found"
    title = "There is no such category"

    def __init__(self) -> None:
        super().__init__("No category has this slug.")


class TagInvalid(Invalid):
    code = "tag-invalid"
    title = "The tag cannot be saved like that"


class TagNotFound(NotFound):
    code = "tag-not-found"
    title = "There is no such tag"

    def __init__(self) -> None:
        super().__init__("No tag has this slug.")


class PictureRefused(Invalid):
    code = "picture-refused"
    title = "The file cannot be used as a picture"


class CursorNotValid(Invalid):
    code = "cursor-not-valid"
    title = "The cursor leads nowhere"

    def __init__(self) -> None:
        super().__init__("This cursor is not one of this list; begin it anew.", errors={"cursor": ["Begin anew."]})
