from apps.common.exceptions import BadInput


class InvalidCredentials(BadInput):
    code = "invalid-credentials"
    title = "The credentials are wrong"

    def __init__(self) -> None:
        sentence = "Invalid email or password."  # the same for both, so that nobody learns who has an account
        super().__init__(sentence, errors={"non_field_errors": [sentence]})


class AccountNotActive(BadInput):
    code = "account-not-active"
    title = "The account is not active"

    def __init__(self) -> None:
        sentence = "User account is not active. Please verify your email."
        super().__init__(sentence, errors={"non_field_errors": [sentence]})


class EmailTaken(BadInput):
    code = "email-taken"
    title = "The e-mail address has an account already"

    def __init__(self) -> None:
        sentence = "A user with this email already exists."
        super().__init__(sentence, errors={"email": [sentence]})


class PasswordRefused(BadInput):
    code = "password-refused"
    title = "The password is too easy to guess"

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons), errors={"password": reasons})
