"""Staff with an app, as tests need them."""

import time
from binascii import unhexlify
from datetime import timedelta

from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts import services


def shown_by(key):
    """What an app with that secret shows now."""
    app = TOTP(unhexlify(key))
    app.time = time.time()
    return f"{app.token():06}"


def set_up(user):
    """Returns what the app's codes are made of, and the recovery codes."""
    key = services.new_key()
    recovery = services.set_up_second_factor(user=user, key=key, otp=shown_by(key))
    time_passes()
    return key, recovery


def time_passes():
    """The app has gone on to other codes, and nobody waits for a wrong guess any more."""
    TOTPDevice.objects.update(last_t=-1)
    for kind in (TOTPDevice, StaticDevice):
        kind.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(days=1))


def wrong(code):
    return f"{(int(code) + 123_457) % 1_000_000:06}"
