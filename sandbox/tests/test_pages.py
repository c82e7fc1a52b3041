from html import unescape

import pytest

from sandbox.testing import plain_http


@pytest.fixture
def browser(sandbox):
    with plain_http(sandbox.url, follow_redirects=True) as client:
        yield client


def test_the_front_page_shows_payments_and_deliveries(browser, create):
    intent = create()

    text = browser.get("/").text
    assert f'href="/stripe/pay/{intent.id}"' in text
    assert "payment_intent.created" in text


def test_the_payment_page_shows_the_amount_and_the_order_safely(browser, create):
    intent = create(metadata={"order_id": "<script>alert(1)</script>"})

    text = browser.get(f"/stripe/pay/{intent.id}").text
    assert "20.00 USD" in text
    assert "<script>" not in text
    assert "<script>alert(1)</script>" in unescape(text)


def test_no_page_asks_another_host_for_anything(browser, create):
    intent = create()

    for path in ("/", "/stripe/", f"/stripe/pay/{intent.id}"):
        answer = browser.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "http" not in answer.text.replace(str(browser.base_url), "")


def test_approving_pays_and_leads_back_to_the_shop(browser, v1, create):
    intent = create()

    page = browser.post(
        f"/stripe/pay/{intent.id}", data={"card": "4242424242424242", "return_url": "https://shop.test/b"}
    )

    assert v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert "The payment has succeeded." in page.text
    assert f"https://shop.test/b?payment_intent={intent.id}&payment_intent_client_secret=" in unescape(page.text)
    assert "redirect_status=succeeded" in page.text


def test_declining_says_why_and_offers_another_card(browser, v1, create):
    intent = create()

    page = browser.post(f"/stripe/pay/{intent.id}", data={"card": "4000000000000002"})

    assert v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    assert "Your card was declined. (generic_decline)" in page.text
    assert "Pay with this card" in page.text


@pytest.mark.parametrize(("answer", "outcome"), [("approve", "succeeded"), ("decline", "failed")])
def test_three_d_secure_returns_to_the_shop(browser, v1, pay, answer, outcome):
    intent = pay("pm_card_authenticationRequired", return_url="https://shop.test/back?order=7")
    address = intent.next_action.redirect_to_url.url
    assert "Approve after 3-D Secure" in browser.get(address).text

    gone = browser.post(address, data={"step": "authenticate", "answer": answer}, follow_redirects=False)

    assert gone.status_code == 303
    assert gone.headers["location"].startswith(f"https://shop.test/back?order=7&payment_intent={intent.id}&")
    assert gone.headers["location"].endswith(f"redirect_status={outcome}")


def test_the_way_back_is_a_web_address_or_none(browser, create):
    page = browser.get(f"/stripe/pay/{create().id}", params={"return_url": "javascript:alert(1)"})

    assert "javascript" not in page.text


def test_time_can_be_let_pass_for_a_late_refund(browser, v1, pay):
    refund = v1.refunds.create(params={"payment_intent": pay("pm_card_pendingRefund").id})
    assert "Let time pass" in browser.get("/stripe/").text

    assert "Let time pass" not in browser.post(f"/stripe/refunds/{refund.id}/settle").text


def test_an_unknown_payment_is_a_page_of_its_own(browser):
    answer = browser.get("/stripe/pay/pi_nothing")

    assert answer.status_code == 404
    assert "No such payment_intent" in unescape(answer.text)


def test_a_payment_that_is_over_cannot_be_paid_from_an_old_tab(browser, v1, pay):
    intent = pay()

    answer = browser.post(f"/stripe/pay/{intent.id}", data={"card": "4000000000000002"})

    assert answer.status_code == 400
    assert v1.payment_intents.retrieve(intent.id).status == "succeeded"
