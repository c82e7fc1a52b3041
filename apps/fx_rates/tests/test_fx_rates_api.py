from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.common import limits
from apps.fx_rates import selectors
from apps.fx_rates.bank_days import caracas_date, start_of
from apps.fx_rates.models import ExchangeRateAlert, ExchangeRateLog, ExchangeRateSnapshot
from apps.fx_rates.tests.factories import AlertFactory, ManualRateFactory, RateFactory

pytestmark = pytest.mark.django_db

AT = "/api/v1/fx-rates"


def days_ago(count):
    return caracas_date(timezone.now()) - timedelta(days=count)


@pytest.fixture
def staff():
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("staff@example.test", "a-long-password"))
    return client


@pytest.fixture
def guest():
    return APIClient()


def clerk_with(*permissions, is_staff=True):
    user = User.objects.create_user("clerk@example.test", "a-long-password", is_staff=is_staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = APIClient()
    client.force_authenticate(user)
    return client


def problem(response):
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


class TestTheCurrentRate:
    def test_is_told_to_everybody_with_source_and_age(self, guest):
        made = RateFactory(value_date=days_ago(2))

        response = guest.get(f"{AT}/current/")

        assert response.status_code == 200
        body = response.json()
        assert body.pop("effective_at").endswith("Z")
        assert body == {
            "id": str(made.public_id),
            "base_currency": "USD",
            "currency": "VES",
            "rate": "784.6633",
            "source": "bcv",
            "kind": "official",
            "value_date": str(days_ago(2)),
            "age_days": 2,
            "expires_at": None,
            "is_fallback": False,
            "margin_percent": "0",
        }

    def test_flags_the_fallback(self, guest, settings):
        settings.FX_FALLBACK_MARGIN_PERCENT = "10"
        RateFactory(value_date=days_ago(20), rate=Decimal(700))

        body = guest.get(f"{AT}/current/").json()

        assert (body["rate"], body["is_fallback"], body["margin_percent"]) == ("770", True, "10")
        assert body["age_days"] == 20

    def test_is_unavailable_when_none_is_fit(self, guest):
        response = guest.get(f"{AT}/current/")

        assert problem(response) == (503, "no-fit-rate")
        assert response["Retry-After"] == "300"

    def test_is_new_in_the_very_next_read_and_costs_a_304_until_then(self, guest, staff):
        RateFactory()
        first = guest.get(f"{AT}/current/")
        tag = {"If-None-Match": first["ETag"]}
        assert guest.get(f"{AT}/current/", headers=tag).status_code == 304

        staff.post(f"{AT}/manual/", MANUAL | {"expires_at": in_hours(1)}, format="json")

        again = guest.get(f"{AT}/current/", headers=tag)
        assert (again.status_code, again.json()["rate"]) == (200, "790.5")
        assert again["Cache-Control"] == "public, no-cache"

    @pytest.mark.parametrize(
        ("currency", "refusal"),
        [("ARS", (422, "currency-not-kept")), ("ves", (400, "invalid-input")), ("%00", (400, "invalid-input"))],
    )
    def test_is_refused_for_what_is_not_kept(self, guest, currency, refusal):
        assert problem(guest.get(f"{AT}/current/?currency={currency}")) == refusal

    def test_is_told_even_with_a_token_that_has_expired(self, guest):
        RateFactory()

        assert guest.get(f"{AT}/current/", headers={"Authorization": "Bearer old"}).status_code == 200

    def test_is_told_so_often_in_an_hour(self, guest, settings, monkeypatch):
        settings.API_LIMITS = {"rates": 2}
        monkeypatch.setattr(limits, "in_memory", limits.InMemory())
        RateFactory()

        statuses = [guest.get(f"{AT}/current/").status_code for _ in range(3)]

        assert statuses == [200, 200, 429]
        assert 0 < int(guest.get(f"{AT}/current/")["Retry-After"]) <= 3600


class TestHistory:
    def test_is_newest_first_and_says_nothing_of_who_and_why(self, guest):
        RateFactory(value_date=days_ago(1), effective_at=timezone.now() - timedelta(days=1), rate=700)
        RateFactory()
        ManualRateFactory(effective_at=timezone.now())
        RateFactory(currency="EUR", source="open_er_api", kind="aggregate")

        body = guest.get(f"{AT}/history/").json()

        assert [row["rate"] for row in body["results"]] == ["790", "784.6633", "700"]
        assert body["count"] == 3
        assert not {"reason", "actor"} & set(body["results"][0])

    @pytest.mark.parametrize(
        ("query", "count"),
        [("kind=manual", 1), ("kind=official", 2), (f"value_date_from={days_ago(0)}", 2), ("page_size=1", 3)],
    )
    def test_is_narrowed(self, guest, query, count):
        RateFactory(value_date=days_ago(1))
        RateFactory()
        ManualRateFactory()

        assert guest.get(f"{AT}/history/?{query}").json()["count"] == count

    @pytest.mark.parametrize("query", ["kind=parallel", "value_date_from=soon", "currency=1"])
    def test_asked_nonsense_says_so(self, guest, query):
        assert problem(guest.get(f"{AT}/history/?{query}")) == (400, "invalid-input")


class TestAMoment:
    def test_has_the_rate_that_was_in_use(self, guest):
        RateFactory(value_date=days_ago(3), effective_at=start_of(days_ago(3)), rate=700)
        RateFactory(value_date=days_ago(1), effective_at=start_of(days_ago(1)))

        body = guest.get(f"{AT}/at/", {"at": start_of(days_ago(2)).isoformat()}).json()

        assert (body["rate"], body["age_days"]) == ("700", 1)

    @pytest.mark.parametrize(
        ("at", "refusal"),
        [
            ("2020-01-01T00:00:00Z", (404, "no-rate-then")),
            ("0001-01-01T00:00:00Z", (404, "no-rate-then")),
            ("9999-12-31T23:59:59Z", (422, "moment-in-future")),
            ("yesterday", (400, "invalid-input")),
            ("", (400, "invalid-input")),
        ],
    )
    def test_without_one_says_so(self, guest, at, refusal):
        RateFactory()

        assert problem(guest.get(f"{AT}/at/", {"at": at})) == refusal


class TestConverting:
    def test_tells_amount_rate_and_where_it_came_from(self, guest):
        RateFactory()
        body = {"amount": {"amount": "19.99", "currency": "USD"}, "currency": "VES"}

        answer = guest.post(f"{AT}/convert/", body, format="json").json()

        assert answer["converted"] == {"amount": "15685.42", "currency": "VES"}
        assert (answer["rate"], [rate["source"] for rate in answer["rates"]]) == ("784.6633", ["bcv"])

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"amount": "1", "currency": "VES"},
            {"amount": {"amount": 1, "currency": "USD"}, "currency": "VES"},
            {"amount": {"amount": "-1", "currency": "USD"}, "currency": "VES"},
            {"amount": {"amount": "1", "currency": "USD"}},
        ],
    )
    def test_asked_nonsense_says_so(self, guest, body):
        assert problem(guest.post(f"{AT}/convert/", body, format="json")) == (400, "invalid-input")


MANUAL = {"currency": "VES", "rate": "790.5", "reason": "The bank's page is down"}


def in_hours(hours):
    return (timezone.now() + timedelta(hours=hours)).isoformat()


class TestAManualRate:
    def test_is_set_and_ended_by_staff(self, staff, guest):
        RateFactory()

        made = staff.post(f"{AT}/manual/", MANUAL | {"expires_at": in_hours(2)}, format="json")

        assert made.status_code == 201
        assert (made.json()["reason"], made.json()["rate"]) == (MANUAL["reason"], "790.5")
        assert made.json()["actor"].startswith("staff:")
        assert guest.get(f"{AT}/current/").json()["kind"] == "manual"
        assert staff.delete(f"{AT}/manual/").status_code == 204
        assert guest.get(f"{AT}/current/").json()["kind"] == "official"
        assert problem(staff.delete(f"{AT}/manual/")) == (404, "no-manual-rate")

    @pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity", "10000000000", "1.00000000001", "x", None])
    def test_is_a_positive_number(self, staff, rate):
        wishes = MANUAL | {"expires_at": in_hours(2), "rate": rate}

        assert problem(staff.post(f"{AT}/manual/", wishes, format="json")) == (400, "invalid-input")
        assert not ExchangeRateSnapshot.objects.exists()

    def test_ends_soon(self, staff):
        wishes = MANUAL | {"expires_at": in_hours(24 * 8)}

        assert problem(staff.post(f"{AT}/manual/", wishes, format="json")) == (422, "manual-rate-refused")

    @pytest.mark.parametrize("field", ["reason", "expires_at", "currency", "rate"])
    def test_says_everything(self, staff, field):
        wishes = MANUAL | {"expires_at": in_hours(2)}
        del wishes[field]

        assert list(staff.post(f"{AT}/manual/", wishes, format="json").json()["errors"]) == [field]


class TestRefreshing:
    def test_asks_everybody_and_reports(self, staff, world, guest):
        body = staff.post(f"{AT}/refresh/", {}, format="json").json()

        assert (body["accepted"], body["resting"], len(body["answers"])) == (1, [], 7)
        assert body["answers"][0] | {"value_date": ""} == {
            "source": "bcv",
            "currency": "VES",
            "rate": "784.6633",
            "value_date": "",
            "verdict": "accepted",
            "reason": "",
            "detail": "",
        }
        assert guest.get(f"{AT}/current/").json()["source"] == "bcv"

    def test_without_force_leaves_new_answers_alone(self, staff, world):
        staff.post(f"{AT}/refresh/", {}, format="json")

        body = staff.post(f"{AT}/refresh/", {"force": False}, format="json").json()

        assert (body["answers"], len(body["resting"])) == ([], 7)

    def test_reports_when_nobody_answers(self, staff):
        body = staff.post(f"{AT}/refresh/", {}, format="json").json()

        assert {answer["verdict"] for answer in body["answers"]} == {"failed"}
        assert ExchangeRateLog.objects.count() == len(body["answers"])


def test_statistics_have_a_point_for_each_day(staff):
    RateFactory(value_date=days_ago(2), rate=800)
    RateFactory(value_date=days_ago(1), rate=820)

    body = staff.get(f"{AT}/stats/?days=7").json()

    assert body["points"] == [
        {"value_date": str(days_ago(2)), "rate": "800"},
        {"value_date": str(days_ago(1)), "rate": "820"},
    ]
    assert (body["lowest"], body["highest"], body["change_percent"]) == ("800", "820", "2.5")
    assert body["sources"][0]["answers"] == 2
    assert problem(staff.get(f"{AT}/stats/?days=0")) == (400, "invalid-input")


def test_statistics_of_nothing_are_told_too(staff):
    body = staff.get(f"{AT}/stats/").json()

    assert (body["points"], body["lowest"], body["sources"]) == ([], None, [])


class TestAlerts:
    def test_are_listed_and_acknowledged_once(self, staff):
        alert = AlertFactory(change_percent=Decimal("6.10"))
        AlertFactory(acknowledged_at=timezone.now(), acknowledged_by="staff:1")
        url = f"{AT}/alerts/{alert.public_id}/acknowledge/"

        assert staff.get(f"{AT}/alerts/").json()["count"] == 2
        (row,) = staff.get(f"{AT}/alerts/?is_acknowledged=false").json()["results"]
        assert (row["id"], row["kind"], row["change_percent"]) == (str(alert.public_id), "large_move", "6.1")
        assert staff.post(url, {"note": "Seen"}, format="json").json()["note"] == "Seen"
        assert staff.post(url, {"note": "Again"}, format="json").json()["note"] == "Seen"
        assert staff.get(f"{AT}/alerts/?is_acknowledged=false").json()["count"] == 0

    def test_that_are_not_there_cannot_be(self, staff):
        url = f"{AT}/alerts/00000000-0000-7000-8000-000000000000/acknowledge/"

        assert problem(staff.post(url, {}, format="json")) == (404, "rate-alert-not-found")


STAFF_ONLY = [
    ("post", "manual/", "add_exchangeratesnapshot"),
    ("delete", "manual/", "add_exchangeratesnapshot"),
    ("post", "refresh/", "add_exchangeratelog"),
    ("get", "stats/", "view_exchangeratelog"),
    ("get", "alerts/", "view_exchangeratealert"),
    ("post", "alerts/00000000-0000-7000-8000-000000000000/acknowledge/", "change_exchangeratealert"),
]


@pytest.mark.parametrize(("method", "path", "permission"), STAFF_ONLY)
class TestWhoMay:
    def test_no_guest(self, guest, method, path, permission):
        assert problem(getattr(guest, method)(f"{AT}/{path}")) == (401, "authentication-required")

    def test_no_customer_even_with_the_permission(self, method, path, permission):
        customer = clerk_with(permission, is_staff=False)

        assert problem(getattr(customer, method)(f"{AT}/{path}")) == (403, "permission-denied")

    def test_no_staff_without_the_permission(self, method, path, permission):
        others = {other for _, _, other in STAFF_ONLY} - {permission}

        assert problem(getattr(clerk_with(*others), method)(f"{AT}/{path}")) == (403, "permission-denied")

    def test_staff_with_the_permission(self, method, path, permission):
        assert getattr(clerk_with(permission), method)(f"{AT}/{path}").status_code not in {401, 403}


def test_nothing_is_changed_by_those_who_may_not():
    alert = AlertFactory()
    clerk = clerk_with("view_exchangeratealert")

    clerk.post(f"{AT}/manual/", MANUAL | {"expires_at": in_hours(1)}, format="json")
    clerk.post(f"{AT}/alerts/{alert.public_id}/acknowledge/", {}, format="json")

    assert not ExchangeRateSnapshot.objects.exists()
    assert not ExchangeRateAlert.objects.get().is_acknowledged
    assert selectors.version("VES") == 0
