import psycopg
import pytest
from django.db import connection, connections, transaction

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bystander():
    """A second connection to the same database, beside Django's."""
    settings = {**connection.get_connection_params(), "autocommit": True}
    settings.pop("cursor_factory")
    with psycopg.connect(**settings) as other:
        yield other


@pytest.fixture
def begin_request():
    """What Django does with the thread's connection when a request begins, on a connection that is kept."""
    connections.close_all()
    kept = connection.settings_dict["CONN_MAX_AGE"]
    connection.settings_dict["CONN_MAX_AGE"] = 60
    yield connection.close_if_unusable_or_obsolete
    connection.settings_dict["CONN_MAX_AGE"] = kept
    connections.close_all()


def ask(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def test_a_connection_that_the_server_ended_is_replaced_before_a_request_meets_it(bystander, begin_request):
    first = ask("SELECT pg_backend_pid()")

    assert bystander.execute("SELECT pg_terminate_backend(%s, 5000)", [first]).fetchone() == (True,)
    begin_request()

    assert ask("SELECT pg_backend_pid()") != first


def test_a_connection_that_stands_is_used_again_and_not_asked_how_it_is(bystander, begin_request):
    first = ask("SELECT pg_backend_pid()")

    begin_request()
    connection.close_if_health_check_failed()

    activity = "SELECT query FROM pg_stat_activity WHERE pid = %s"
    assert bystander.execute(activity, [first]).fetchone() == ("SELECT pg_backend_pid()",)
    assert ask("SELECT pg_backend_pid()") == first


def quick_numbers(*numbers):
    return [None if told is None else int(told) for told in connection.quick_row("SELECT %s + %s, NULL", *numbers)]


def test_a_quick_row_is_read_again_after_what_was_prepared_is_forgotten():
    assert [quick_numbers(2, 3), quick_numbers(4, 5)] == [[5, None], [9, None]]

    ask("SELECT 1")
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")

    assert quick_numbers(20, 30) == [50, None]


def test_in_a_transaction_a_quick_row_is_asked_by_a_cursor():
    with transaction.atomic():
        assert quick_numbers(2, 3) == [5, None]
