"""People who are signed in, as tests need them."""

from rest_framework.test import APIClient

from apps.accounts import services
from apps.accounts.models import StepUp

PHONE, LAPTOP = "Phone/1.0", "Laptop/2.0"


def sign_in(user, user_agent=PHONE, address="192.0.2.1"):
    """The tokens of a new session."""
    return services.open_session(user=user, device=services.Device(user_agent, address))


def client_with(access):
    return APIClient(headers={"Authorization": f"Bearer {access}"})


def me(access):
    return client_with(access).get("/api/v1/me/")


def step_up(user, tokens, purpose):
    """A client of that session, with the token that a typed code brings."""
    client = client_with(tokens.access)
    sent = client.post("/api/v1/auth/otp/", {"purpose": purpose}, format="json")
    assert sent.status_code == 202, sent.json()
    code = services.code_to_send(StepUp.objects.filter(session__user=user).latest("pk"))
    leave = client.post("/api/v1/auth/otp/verify/", {"code": code}, format="json")
    client.credentials(HTTP_X_STEP_UP_TOKEN=leave.json()["step_up_token"])
    return client


def post(path, **body):
    return APIClient().post(f"/api/v1/auth/{path}/", body, format="json")


def outcome(response):
    return response.status_code, response.json().get("code")
