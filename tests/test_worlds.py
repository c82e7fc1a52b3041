import pytest

from apps.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def ada(kept_for_the_module):
    return User.objects.create_user("ada@example.test").pk


@pytest.mark.parametrize("test", ["the first", "the second"])
def test_what_a_module_made_once_is_there_for_each_test_which_takes_back_its_own(ada, test):
    assert list(User.objects.values_list("pk", flat=True)) == [ada]

    User.objects.all().delete()
    User.objects.create_user(f"{test.replace(' ', '-')}@example.test")
