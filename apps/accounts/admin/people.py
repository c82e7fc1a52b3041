"""People: customers to search, staff to trust. Only a superuser decides who else is staff and what they may do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Field, Model
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelectWidget

from apps.accounts import services
from apps.accounts.models import Address, User, normalise_email
from apps.common.admin import Button, ButtonForm, ButtonsMixin, EditableAdmin, Press, ReadOnlyInline, Refusal
from apps.common.phones import NotAPhoneNumber, read_phone

_POWERS = ["is_staff", "is_superuser", "groups", "user_permissions"]

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    list_display = ["name"]


class AddressInline(ReadOnlyInline):
    model = Address
    fields = ["kind", "is_default", "first_name", "last_name", "address_line_1", "city", "country", "phone"]


def _lock(person: User, press: Press) -> str:
    if person == press.user or not may_touch(press.user, person):
        raise Refusal("Nobody locks himself, and only a superuser locks a colleague.")
    services.lock_user(user=person)
    return f"{person} is locked and signed out everywhere."


def _unlock(person: User, press: Press) -> str:
    if not may_touch(press.user, person):
        raise Refusal("Only a superuser unlocks a colleague.")
    services.unlock_user(user=person)
    return f"{person} is unlocked."


def _reset_second_factor(person: User, press: Press) -> str:
    if person == press.user or not press.user.is_superuser:
        raise Refusal("Only another superuser resets a second factor; to change your own, set it up again.")
    services.reset_second_factor(user=person)
    return f"The second factor of {person} is reset, and {person} is signed out everywhere."


class EraseForm(ButtonForm):
    email = forms.EmailField(
        label="E-mail address", help_text="Type the person's address, to be sure.", widget=UnfoldAdminEmailInputWidget
    )

    def clean_email(self) -> str:
        if normalise_email(self.cleaned_data["email"]) != self.obj.email:
            raise forms.ValidationError("That is not this person's address.")
        return ""  # kept nowhere, not even as an answer


def _erase(person: User, press: Press) -> str:
    services.erase_person(user=person, actor=press.actor, is_mailbox_proved=True)
    person.refresh_from_db()
    return "The person was erased."


class PersonForm(UserChangeForm):
    def clean_phone(self) -> str:
        try:
            return read_phone(self.cleaned_data["phone"]) if self.cleaned_data["phone"] else ""
        except NotAPhoneNumber as error:
            raise forms.ValidationError(str(error)) from error


@admin.register(User)
class UserAdmin(ButtonsMixin, DjangoUserAdmin, EditableAdmin):  # type: ignore[misc]  # they type one template otherwise
    form = PersonForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "full_name", "phone", "is_active", "role", "created_at"]
    list_filter = [("is_staff", BooleanRadioFilter), ("is_active", BooleanRadioFilter)]
    search_fields = ["email", "first_name", "last_name", "phone"]
    ordering = ["-pk"]
    readonly_fields = ["is_active", "email_verified_at", "locked_at", "erased_at", "last_login", "created_at"]
    readonly_fields += ["second_factor_at"]
    fieldsets = [
        (None, {"fields": ["email", "password", ("first_name", "last_name"), ("phone", "language")]}),
        ("May", {"fields": ["is_active", *_POWERS]}),
        (
            "Since",
            {
                "fields": [
                    ("created_at", "email_verified_at"),
                    ("last_login", "locked_at"),
                    ("second_factor_at", "erased_at"),
                ]
            },
        ),
    ]
    buttons = [
        Button(
            name="lock",
            label="Lock",
            icon="lock",
            variant=ActionVariant.DANGER,
            permission="accounts.change_user",
            explains="The account is closed and signed out everywhere; nothing is lost, and it can be opened again.",
            offered=lambda person: person.locked_at is None and person.erased_at is None,
            run=_lock,
        ),
        Button(
            name="unlock",
            label="Unlock",
            icon="lock_open",
            permission="accounts.change_user",
            explains="The account is open again; its owner logs in anew.",
            offered=lambda person: person.locked_at is not None,
            run=_unlock,
        ),
        Button(
            name="reset-second-factor",
            label="Reset the second factor",
            icon="phonelink_erase",
            variant=ActionVariant.DANGER,
            permission="accounts.change_user",
            explains="For who has lost both app and recovery codes. Make sure by another way that it is really that "
            "person who asks: whoever knows the password can then set up an app.",
            offered=lambda person: person.second_factor_at is not None,
            run=_reset_second_factor,
        ),
        Button(
            name="erase",
            label="Erase",
            icon="person_remove",
            variant=ActionVariant.DANGER,
            permission="accounts.erase_user",
            explains="All that says who this was is taken away for ever; orders stay in the books without a name.",
            form=EraseForm,
            offered=lambda person: person.erased_at is None,
            run=_erase,
        ),
    ]
    add_fieldsets = [(None, {"fields": ["email", ("first_name", "last_name"), "password1", "password2"]})]

    @display(description="Name", ordering="last_name")
    def full_name(self, user: User) -> str:
        return f"{user.first_name} {user.last_name}".strip()

    @display(description="Role", label={"Superuser": "danger", "Staff": "info"})
    def role(self, user: User) -> str:
        if user.is_superuser:
            return "Superuser"
        return "Staff" if user.is_staff else ""

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "language":
            return forms.ChoiceField(choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget)
        return super().formfield_for_dbfield(db_field, request, **options)

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[Any]:
        return [] if obj is None else [AddressInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [*self.readonly_fields, *([] if request.user.is_superuser else _POWERS)]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and may_touch(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """People are never deleted as rows; erasing one is a button."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.email = normalise_email(obj.email)
        super().save_model(request, obj, form, change)
        if change and normalise_email(form.initial["email"]) != obj.email:
            services.follow_new_address(user=obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if not may_touch(request.user, self.get_object(request, id)):
            raise PermissionDenied
        response: HttpResponse = super().user_change_password(request, id, form_url)
        return response


def may_touch(user: Any, person: Any) -> bool:
    """Whoever could change a colleague's address or password could become that colleague."""
    return person is None or not person.is_staff or person == user or user.is_superuser
