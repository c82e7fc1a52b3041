import re

import pytest

ASSET = re.compile(r"""(?:src|href)=["']([^"']+)["']""")


@pytest.mark.parametrize("path", ["/api/docs/", "/api/redoc/"])
def test_the_documents_load_nothing_from_another_host(client, path):
    page = client.get(path)

    assert page.status_code == 200
    assert len(ASSET.findall(page.content.decode())) >= 1
    assert [asset for asset in ASSET.findall(page.content.decode()) if not asset.startswith(("/static/", path))] == []
    assert "http://" not in page.content.decode()
    assert "https://" not in page.content.decode()


def test_the_script_of_the_documents_asks_this_host_for_the_schema(client):
    script = client.get("/api/docs/", {"script": ""})

    assert script.headers["Content-Type"] == "application/javascript"
    assert 'url: "/api/schema/"' in script.content.decode()


def test_scripts_of_the_documents_come_from_files_only(client):
    policy = client.get("/api/docs/").headers["Content-Security-Policy"]

    assert "default-src 'self';" in policy
    assert policy.endswith("script-src 'self'")
    assert "<script>" not in client.get("/api/docs/").content.decode()
    assert "<script>" not in client.get("/api/redoc/").content.decode()


@pytest.mark.django_db
def test_the_admin_may_not_be_framed_nor_post_elsewhere(client):
    policy = client.get("/admin/login/").headers["Content-Security-Policy"]

    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "object-src 'none'" in policy


@pytest.mark.parametrize("path", ["/api/health/live/", "/api/v1/orders/", "/no/such/page/"])
def test_answers_of_the_api_may_load_nothing_and_are_not_kept(client, path):
    headers = client.get(path).headers

    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Permissions-Policy"] == "camera=(), geolocation=(), microphone=()"
