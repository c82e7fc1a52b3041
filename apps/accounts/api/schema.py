from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme


class SessionAwareScheme(SimpleJWTScheme):
    """In the API schema our tokens are what simplejwt's are: bearer tokens."""

    target_class = "apps.accounts.api.authentication.SessionAwareJWTAuthentication"
