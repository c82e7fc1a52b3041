from rest_framework.test import APIClient


class Visitor:
    """Somebody at the cart's routes: a guest who keeps the token he is told, or a signed-in person."""

    def __init__(self, user=None, token=None):
        self.client, self.token = APIClient(), token
        if user is not None:
            self.client.force_authenticate(user)

    def send(self, method, path="", body=None):
        headers = {"X-Cart-Token": self.token} if self.token else {}
        response = getattr(self.client, method)(f"/api/v1/cart/{path}", body, format="json", headers=headers)
        self.token = response.headers.get("X-Cart-Token", self.token)
        return response

    def add(self, item, quantity=1):
        return self.send("post", "items/", {"variant_id": str(item.variant.public_id), "quantity": quantity})

    def cart(self):
        return self.send("get").json()


def money(amount):
    return {"amount": amount, "currency": "USD"}
