from apps.common.exceptions import Conflict, Invalid, NotFound


class BulkChangeNotFound(NotFound):
    code = "bulk-change-not-found"
    title = "There is no such bulk change"

    def __init__(self) -> None:
        super().__init__("There is no such bulk change, or it is of another store.")


class BulkChangeInvalid(Invalid):
    code = "bulk-change-invalid"
    title = "The bulk change cannot be previewed like that"

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence, errors={field: [sentence]})


class BulkChangeNotPossible(Conflict):
    """`status_now` tells where it stands."""

    code = "bulk-change-not-possible"
    title = "The bulk change does not allow that as it stands"

    def __init__(self, sentence: str, *, status: str) -> None:
        super().__init__(sentence, status_now=status)


class ProductImportNotFound(NotFound):
    code = "product-import-not-found"
    title = "There is no such import"

    def __init__(self) -> None:
        super().__init__("There is no such import of a product file.")


class ProductImportNotPossible(Conflict):
    """`status_now` tells where it stands."""

    code = "product-import-not-possible"
    title = "The import does not allow that as it stands"

    def __init__(self, sentence: str, *, status: str) -> None:
        super().__init__(sentence, status_now=status)


class ProductFileRefused(Invalid):
    code = "product-file-refused"
    title = "The file as a whole cannot be read"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, errors={"file": [sentence]})
