import factory

from apps.accounts.models import User

PASSWORD = "clave-de-prueba-7"


class UserFactory(factory.django.DjangoModelFactory):
    """A customer who can log in with PASSWORD."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.test")
    password = factory.django.Password(PASSWORD)
