"""People who are signed in, as tests need them."""

from rest_framework.test import APIClient

from apps.accounts import services

PHONE, LAPTOP = "Phone/1.0", "Laptop/2.0"


def sign_in(user, user_agent=PHONE, address="192.0.2.1"):
    """The tokens of a new session."""
    return services.open_session(user=user, device=services.Device(user_agent, address))


def client_with(access):
    return APIClient(headers={"Authorization": f"Bearer {access}"})


def me(access):
    return client_with(access).get("/api/v1/me/")


def post(path, **body):
    return APIClient().post(f"/api/v1/auth/{path}/", body, format="json")


def outcome(response):
    return response.status_code, response.json().get("code")
