from apps.common.exceptions import Conflict, Invalid, NotFound, Unavailable


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


class ProductWindowInvalid(Invalid):
    code = "product-window-invalid"
    title = "The product cannot be shown at those times"


class SlugNotGivenUp(Conflict):
    code = "slug-not-given-up"
    title = "The address stays with the product"


class OfferNotFound(NotFound):
    code = "offer-not-found"
    title = "There is no such offer"


class OfferInvalid(Invalid):
    code = "offer-invalid"
    title = "The offer cannot be made like that"


class OfferIsOver(Conflict):
    code = "offer-is-over"
    title = "The offer is over and stays as it was"


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
    """A file that is not kept; nothing of it is left."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, errors={"file": [sentence]})


class PictureTooHeavy(PictureRefused):
    code = "picture-too-heavy"
    title = "The file has too many bytes"


class PictureOfOtherKind(PictureRefused):
    code = "picture-of-other-kind"
    title = "The file is no picture of a kind that is taken"


class PictureTooLarge(PictureRefused):
    code = "picture-too-large"
    title = "The picture has too many pixels"


class PictureAnimated(PictureRefused):
    code = "picture-animated"
    title = "The picture moves"


class PictureDamaged(PictureRefused):
    code = "picture-damaged"
    title = "The picture cannot be read to its end"


class PicturesNotKept(Unavailable):
    code = "pictures-not-kept"
    title = "Pictures cannot be kept at the moment"

    def __init__(self) -> None:
        super().__init__("Pictures cannot be kept at the moment. Nothing was changed; try again later.")


class PictureNotFound(NotFound):
    code = "picture-not-found"
    title = "The product has no such picture"

    def __init__(self) -> None:
        super().__init__("The product has no such picture.")


class TooManyPictures(Conflict):
    code = "too-many-pictures"
    title = "The product has as many pictures as it can have"

    def __init__(self, most: int) -> None:
        super().__init__(f"A product has at most {most} pictures. Take one away first.")


class PictureOfOtherVariant(Invalid):
    code = "picture-of-other-variant"
    title = "The picture shows a variant that the product does not have"

    def __init__(self) -> None:
        sentence = "The product has no such variant."
        super().__init__(sentence, errors={"variant": [sentence]})


class CursorNotValid(Invalid):
    code = "cursor-not-valid"
    title = "The cursor leads nowhere"

    def __init__(self) -> None:
        super().__init__("This cursor is not one of this list; begin it anew.", errors={"cursor": ["Begin anew."]})
