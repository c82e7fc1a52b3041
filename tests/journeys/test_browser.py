"""A guest pays on the companies' pages in a real browser; what came of it, the shop's API is asked."""

import pytest

from tests.shopping import buy, look_at, order_status, pay_again
from tests.stack import wait_until

pytestmark = pytest.mark.stack


PATIENCE_SECONDS = 30


class Page:
    """What the customer sees and clicks."""

    def __init__(self, browser):
        self.browser = browser

    def open(self, address):
        self.browser.get(address)

    def click(self, words):
        from selenium.webdriver.support.expected_conditions import staleness_of  # takes a while, as in chromium.py
        from selenium.webdriver.support.wait import WebDriverWait

        button = self.browser.find_element("xpath", f"//button[normalize-space()={words!r}]")
        button.click()
        WebDriverWait(self.browser, PATIENCE_SECONDS).until(staleness_of(button))  # another page is there

    def choose(self, label, option):
        self.browser.find_element("xpath", f"//label[normalize-space()={label!r}]/following::select[1]").click()
        self.browser.find_element("xpath", f"//option[contains(., {option!r})]").click()

    @property
    def address(self):
        return self.browser.current_url

    @property
    def text(self):
        return self.browser.find_element("tag name", "body").text


@pytest.fixture
def page(browser):
    return Page(browser)


@pytest.fixture(scope="module")
def shop(running_shop):
    """The one that the other journeys use too; when all have paid, its books are in order."""
    yield running_shop
    assert running_shop.broken_invariants() == []


def payment_page(begun):
    return begun["next_action"]["url"]


def is_paid(shop, order):
    now = look_at(shop, order)
    return (now["status"], now["payment_status"]) == ("confirmed", "paid")


def test_paypal_is_approved_and_leads_back_to_a_paid_order(shop, page):
    order = buy(shop, "paypal")

    page.open(payment_page(order["payment"]))
    assert order["total"]["amount"] in page.text
    page.click("Approve")

    assert page.address.startswith(f"{shop.url}/api/v1/payments/paypal/return/")
    wait_until(lambda: is_paid(shop, order))


def test_paypal_is_declined_and_the_order_is_paid_another_way(shop, page):
    order = buy(shop, "paypal")

    page.open(payment_page(order["payment"]))
    page.click("Decline and go back to the shop")

    assert page.address.startswith(f"{shop.url}/api/v1/payments/paypal/cancel/")
    assert order_status(shop, order) == "pending"

    page.open(payment_page(pay_again(shop, order, "paystack")))
    page.click("Approve")

    wait_until(lambda: is_paid(shop, order))


def test_paypal_takes_another_card_when_the_first_is_declined(shop, page):
    order = buy(shop, "paypal")

    page.open(payment_page(order["payment"]))
    page.click("Approve with a card that will be declined")
    assert page.address.startswith(f"{shop.url}/api/v1/payments/paypal/return/")
    assert order_status(shop, order) == "pending"

    page.open(payment_page(pay_again(shop, order, "paypal")))
    assert "The card was declined. Another may be tried." in page.text
    page.click("Approve")

    wait_until(lambda: is_paid(shop, order))


def test_paystack_is_approved_and_leads_back_to_a_paid_order(shop, page):
    order = buy(shop, "paystack")

    page.open(payment_page(order["payment"]))
    page.click("Approve")

    assert page.address.startswith(f"{shop.url}/api/v1/payments/paystack/return/")
    wait_until(lambda: is_paid(shop, order))


def test_paystack_stays_open_for_another_card_when_one_is_declined(shop, page):
    order = buy(shop, "paystack")

    page.open(payment_page(order["payment"]))
    page.click("Decline")
    assert "The card was declined. Another may be tried." in page.text
    assert order_status(shop, order) == "pending"
    page.click("Approve")

    wait_until(lambda: is_paid(shop, order))


def test_stripe_stays_open_for_another_card_when_one_is_declined(shop, page):
    order = buy(shop, "stripe")

    page.open(stripe_page(shop, order))
    page.click("Decline")
    assert "Another card may be tried." in page.text
    assert order_status(shop, order) == "pending"
    page.click("Approve")

    assert "The payment has succeeded." in page.text
    wait_until(lambda: is_paid(shop, order))


def test_stripe_asks_the_bank_before_it_takes_the_money(shop, page):
    order = buy(shop, "stripe")

    page.open(stripe_page(shop, order))
    page.choose("Card", "4000002760003184")
    page.click("Pay with this card")
    assert "The bank wants to know that it is you." in page.text
    page.click("Approve after 3-D Secure")

    wait_until(lambda: is_paid(shop, order))


def stripe_page(shop, order):
    """Where the sandbox lets a person do what Stripe.js does in a storefront."""
    intent = order["payment"]["next_action"]["client_secret"].partition("_secret_")[0]
    return f"{shop.sandbox_url}/stripe/pay/{intent}"
