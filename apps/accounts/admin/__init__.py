"""The staff's screens about people, and about who tries to get in."""

from django.contrib import admin
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.admin.people import GroupAdmin, UserAdmin
from apps.accounts.admin.security import AttemptAdmin, SessionAdmin

__all__ = ["AttemptAdmin", "GroupAdmin", "SessionAdmin", "UserAdmin"]

admin.site.unregister([StaticDevice, TOTPDevice])  # they show secrets; set-up has a page, and reset a button, of ours
