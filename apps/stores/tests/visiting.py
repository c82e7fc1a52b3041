"""People at the routes of stores, for tests."""

from rest_framework.test import APIClient


class Visitor:
    def __init__(self, user):
        self._client = APIClient()
        self._client.force_authenticate(user)

    def get(self, path):
        return self._client.get(f"/api/v1/{path}")

    def post(self, path, **body):
        return self._client.post(f"/api/v1/{path}", body, format="json")

    def patch(self, path, **body):
        return self._client.patch(f"/api/v1/{path}", body, format="json")

    def delete(self, path):
        return self._client.delete(f"/api/v1/{path}")


def as_person(user=None):
    return Visitor(user)
