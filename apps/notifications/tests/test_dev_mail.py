import pytest

from apps.notifications.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def with_debug(settings):
    settings.ROOT_URLCONF = "apps.notifications.tests.dev_urls"


def write(number, **changes):
    fields = {
        "recipient": "ada@example.test",
        "template": "order_placed",
        "language": "en",
        "dedupe_key": f"key-{number}",
        "order_number": number,
        "subject": f"About {number}",
        "text": "Hello & welcome",
        "html": '<p class="x">Hello</p><script>alert(1)</script>',
    }
    return Message.objects.create(**fields | changes)


def test_is_not_there_without_debug(client):
    assert client.get("/dev/mail/").status_code == 404


def test_lists_the_newest_first(client, with_debug):
    write("ORD-1")
    write("ORD-2", status="failed", error="550 no such mailbox")

    page = client.get("/dev/mail/").content.decode()

    assert page.index("About ORD-2") < page.index("About ORD-1")
    assert 'title="550 no such mailbox">Failed' in page


def test_shows_the_mails_of_one_order(client, with_debug):
    write("ORD-1")
    write("ORD-2")

    page = client.get("/dev/mail/", {"order": " ord-1 "}).content.decode()

    assert "About ORD-1" in page
    assert "About ORD-2" not in page
    assert "No mail about ORD-3 yet." in client.get("/dev/mail/", {"order": "ORD-3"}).content.decode()


def test_shows_the_mails_to_one_address(client, with_debug):
    write("ORD-1")
    write("ORD-2", recipient="<b>@example.test")

    page = client.get("/dev/mail/", {"to": " ADA@ "}).content.decode()

    assert ("About ORD-1" in page, "About ORD-2" in page) == (True, False)
    assert "to=%3Cb%3E%40example.test" in client.get("/dev/mail/").content.decode()
    assert "No mail to xyz yet." in client.get("/dev/mail/", {"to": "xyz\0"}).content.decode()


def test_shows_html_in_a_sandbox_beside_the_text(client, with_debug):
    message = write("ORD-1")

    page = client.get(f"/dev/mail/{message.public_id}/").content.decode()

    assert 'srcdoc="&lt;p class=&quot;x&quot;&gt;Hello&lt;/p&gt;&lt;script&gt;' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "<pre>Hello &amp; welcome</pre>" in page
    assert "<script>" not in page


def test_loads_nothing_from_elsewhere(client, with_debug):
    page = client.get("/dev/mail/").content.decode()

    assert "http" not in page
    assert "src=" not in page


def test_the_page_and_the_mail_in_it_may_have_styles_but_no_scripts(client, with_debug):
    message = write("ORD-1")

    for path in ("/dev/mail/", f"/dev/mail/{message.public_id}/"):
        policy = client.get(path).headers["Content-Security-Policy"]

        assert "default-src 'none'; style-src 'unsafe-inline'" in policy
        assert "script-src" not in policy
