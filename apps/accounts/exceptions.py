from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.common.exceptions import (
    BadInput,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooOften,
    Unauthenticated,
    Unavailable,
)
from apps.common.personal_data import Obstacle


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

    def __init__(self, reasons: list[str], *, field: str = "password") -> None:
        super().__init__(" ".join(reasons), errors={field: reasons})


class TokenExpired(Unauthenticated):
    """The one refusal after which it helps to refresh; `auth/refresh/` itself never answers so."""

    code = "token-expired"
    title = "The access token has expired"

    def __init__(self) -> None:
        super().__init__("The access token has expired; refresh it once.")


class TokenNotValid(Unauthenticated):
    code = "token-not-valid"
    title = "The token is not valid"

    def __init__(self) -> None:
        super().__init__("The token is not valid; log in again.")


class SessionEnded(Unauthenticated):
    code = "session-ended"
    title = "The session is over"

    def __init__(self, sentence: str = "Session has been terminated") -> None:
        super().__init__(sentence)


class SessionNotFound(NotFound):
    code = "session-not-found"
    title = "There is no such session"

    def __init__(self) -> None:
        super().__init__("You have no active session with that id.")


class TooManyAttempts(TooOften):
    code = "too-many-attempts"
    title = "Too many attempts"

    def __init__(self, what: str, *, retry_after_seconds: int) -> None:
        super().__init__(f"Too many {what} attempts. Please try again later.", retry_after_seconds=retry_after_seconds)


class UsernameTaken(BadInput):
    code = "username-taken"
    title = "The username is taken"

    def __init__(self) -> None:
        sentence = "A user with this username already exists."
        super().__init__(sentence, errors={"username": [sentence]})


class CurrentPasswordWrong(InvalidCredentials):
    code = "current-password-wrong"
    title = "The current password is wrong"

    def __init__(self) -> None:
        sentence = "Current password is incorrect."
        BadInput.__init__(self, sentence, errors={"current_password": [sentence]})


class LinkNotValid(BadInput):
    code = "link-not-valid"
    title = "The link is not valid"

    def __init__(self) -> None:
        super().__init__("This link is not valid.", reason="invalid_token")


class LinkUsed(BadInput):
    code = "link-used"
    title = "The link was used already"

    def __init__(self) -> None:
        super().__init__("This link was used already.", reason="token_used")


class LinkExpired(BadInput):
    code = "link-expired"
    title = "The link has expired"

    def __init__(self) -> None:
        super().__init__("This link has expired. Please ask for a new one.", reason="token_expired")


class AddressBookFull(Conflict):
    code = "address-book-full"
    title = "The address book is full"

    def __init__(self, most: int) -> None:
        super().__init__(f"You can keep {most} addresses; delete one first.")


class PictureRefused(Invalid):
    code = "profile-picture-refused"
    title = "The picture cannot be used"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, errors={"picture": [sentence]})


class GoogleNotOffered(NotFound):
    code = "google-not-offered"
    title = "Signing in with Google is not offered"

    def __init__(self) -> None:
        super().__init__("This shop does not offer to sign in with Google.")


class GoogleTokenNotValid(Unauthenticated):
    code = "google-token-not-valid"
    title = "Google's token is not valid"

    def __init__(self) -> None:
        super().__init__("This is no valid, fresh token of Google's for this shop.")


class GoogleLinkNeeded(Conflict):
    code = "google-link-needed"
    title = "The account's password is needed first"

    def __init__(self) -> None:
        super().__init__("An account has this address already; send its password along once, to tie the two together.")


class GoogleUnavailable(Unavailable):
    code = "google-unavailable"
    title = "Google does not answer"

    def __init__(self) -> None:
        super().__init__("Google's keys cannot be had now; try again.")


class CodeWrong(BadInput):
    code = "code-wrong"
    title = "The code is wrong"

    def __init__(self, *, tries_left: int) -> None:
        sentence = "That is not the code."
        super().__init__(sentence, errors={"code": [sentence]}, tries_left=tries_left)


class CodeExpired(BadInput):
    code = "code-expired"
    title = "There is no code to type"

    def __init__(self) -> None:
        sentence = "The code was used, is too old, or was typed wrong too often. Please ask for a new one."
        super().__init__(sentence, errors={"code": [sentence]})


class ChannelNotAvailable(BadInput):
    """`channels` are those that are, as `GET me/` shows them."""

    code = "channel-not-available"
    title = "No code can be sent that way"

    def __init__(self, channels: Sequence[Mapping[str, str]]) -> None:
        sentence = "Codes cannot be sent to you that way. Choose another, or change your phone with a fresh code first."
        super().__init__(sentence, errors={"channel": [sentence]}, channels=list(channels))


class StepUpRequired(Forbidden):
    code = "step-up-required"
    title = "A fresh code is needed first"

    def __init__(self, purpose: str) -> None:
        super().__init__(
            f'Ask for a code by POST auth/otp/ with the purpose "{purpose}", bring it to auth/otp/verify/, and repeat '
            "this request with the token from there as X-Step-Up-Token.",
            purpose=purpose,
        )


class SecondFactorRequired(BadInput):
    code = "second-factor-required"
    title = "The second factor is missing"

    def __init__(self) -> None:
        sentence = "Send the six digits of your app, or a recovery code, as otp."
        super().__init__(sentence, errors={"otp": [sentence]})


class SecondFactorWrong(BadInput):
    code = "second-factor-wrong"
    title = "The second factor is wrong"

    def __init__(self) -> None:
        sentence = "That is no code of your app's for now, or it was used already."
        super().__init__(sentence, errors={"otp": [sentence]})


class SecondFactorNotSetUp(BadInput):
    code = "second-factor-not-set-up"
    title = "The second factor is not set up"

    def __init__(self) -> None:
        super().__init__("Staff of this shop need a second factor. Set it up in the admin first.")


class ExportNotFound(NotFound):
    code = "export-not-found"
    title = "There is no such export"

    def __init__(self) -> None:
        super().__init__("You have asked for no export of your data, or this link opens none of yours.")


class TooManyExports(TooOften):
    code = "too-many-exports"
    title = "Enough exports for a day"

    def __init__(self, most: int, *, retry_after_seconds: int) -> None:
        sentence = f"Your data is put together {most} times a day at most."
        super().__init__(sentence, retry_after_seconds=retry_after_seconds)


class ErasureRefused(Conflict):
    """`obstacles` names each thing that has to be finished first, and how."""

    code = "erasure-refused"
    title = "The account cannot be erased yet"

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        self.obstacles = obstacles
        super().__init__(
            " ".join(obstacle.detail for obstacle in obstacles),
            obstacles=[obstacle.as_json() for obstacle in obstacles],
        )
