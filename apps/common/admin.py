"""What every staff screen stands on: rows that are only read, and buttons that call a service.

Staff change nothing about money, stock or orders by editing a row. A `Button` is the way instead: its page asks for
what the service needs, a POST calls the service, and a refusal is shown as the sentence that the service gave.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.enums import ActionVariant

from apps.common import idempotency
from apps.common.exceptions import DomainError
from apps.common.models import IdempotencyRecord
from apps.common.money import Money, exponent

SECONDS_BETWEEN_LOOKS = 2


class _ReadOnly:
    """Nothing is added, edited or deleted here; whoever may view or change the model may look."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(_ReadOnly, ModelAdmin):
    """A model that services alone write. Its buttons and list actions ask for `act`: Django's change permission."""

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")


class ReadOnlyInline(_ReadOnly, TabularInline):
    extra = 0
    can_delete = False
    hide_title = True

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        fields: Sequence[str] = self.fields
        return fields


class EditableAdmin(ModelAdmin):
    """A model without rules across rows, which staff may edit by hand."""

    def save_model(self, request: HttpRequest, obj: Any, form: forms.Form, change: bool) -> None:
        if hasattr(obj, "updated_at"):
            obj.updated_at = Now()
        super().save_model(request, obj, form, change)


class LooksAgain(ModelAdmin):
    """While what an object stands for is being done, the browser looks at its page again every other second."""

    under_way: Q

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        response = super().changeform_view(request, object_id, form_url, extra_context)
        is_there = object_id and response.status_code == HTTPStatus.OK  # an id that cannot be one is led elsewhere
        if is_there and self.model.objects.filter(self.under_way, pk=object_id).exists():
            response["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
        return response


class DomainMessages(ModelAdmin):
    """For forms that are saved by a service: its refusal undoes the save and is shown as a message."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            return self._refuse(request, refusal)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except DomainError as refusal:
            return self._refuse(request, refusal)

    def _refuse(self, request: HttpRequest, refusal: DomainError) -> HttpResponse:
        messages.error(request, refusal.detail)
        return HttpResponseRedirect(request.get_full_path())


class Refusal(Exception):
    """A sentence for the screen, from a button whose service refuses by something else than a DomainError."""


class ButtonForm(forms.Form):
    """What a button asks. `once` names this pressing, so that a page that is sent twice does its work once."""

    once = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, obj: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.obj = obj


@dataclass(frozen=True, slots=True)
class Press:
    """Who pressed a button, and what the form answered. A service may tie what it makes to `record`."""

    user: Any
    answers: dict[str, Any] = field(default_factory=dict)
    record: IdempotencyRecord | None = None

    def __getitem__(self, name: str) -> Any:
        return self.answers[name]

    @property
    def actor(self) -> str:
        """How histories name a member of the staff."""
        return f"staff:{self.user.pk}"


Guard = Callable[[HttpRequest, Any, dict[str, Any]], HttpResponse | None]


@dataclass(frozen=True, kw_only=True)
class Button:
    """One thing that staff can have done to a row.

    `run` calls one service for the row and returns a sentence for the screen; `offered` says whether the row's state
    allows it, `explains` what will happen. A `guard` sees the answers first, and may lead elsewhere instead. What was
    done can be `undone_by` the button of that name, which is offered with the news of it.
    """

    name: str
    label: str
    permission: str
    run: Callable[[Any, Press], str]
    explains: str = ""
    icon: str = ""
    variant: ActionVariant = ActionVariant.DEFAULT
    form: type[ButtonForm] = ButtonForm
    offered: Callable[[Any], bool] = lambda obj: True
    guard: Guard | None = None
    undone_by: str = ""


class ButtonsMixin(ModelAdmin):
    """Gives a ModelAdmin the pages of its buttons, and shows on the row's page those that its state and user allow."""

    buttons: Sequence[Button] = ()
    change_form_template = "common/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.button_view)
        return [path("<int:object_id>/do/<slug:name>/", view, name=self._button_url_name()), *super().get_urls()]

    def buttons_for(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        """The buttons to show for a row, as unfold's header takes them."""
        return [
            {
                "title": button.label,
                "icon": button.icon,
                "variant": button.variant,
                "path": reverse(f"admin:{self._button_url_name()}", args=[obj.pk, button.name]),
            }
            for button in self.buttons
            if request.user.has_perm(button.permission) and button.offered(obj)
        ]

    def page_of(self, obj: Any) -> str:
        """Where staff are sent after a button: the row's own page, unless a screen above shows it."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        obj = self.get_object(request, object_id) if object_id else None
        buttons = [] if obj is None else self.buttons_for(request, obj)
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), "buttons": buttons})

    def button_view(self, request: HttpRequest, object_id: int, name: str) -> HttpResponse:
        """GET asks and changes nothing; a POST with sound answers presses the button."""
        button = next((button for button in self.buttons if button.name == name), None)
        obj = self.get_queryset(request).filter(pk=object_id).first()
        if button is None or obj is None:
            raise Http404
        if not (self.has_view_permission(request, obj) and request.user.has_perm(button.permission)):
            raise PermissionDenied
        if not button.offered(obj):
            messages.error(request, f"“{button.label}” is not possible for {obj} as it stands now.")
            return HttpResponseRedirect(self.page_of(obj))
        form = button.form(request.POST or None, request.FILES or None, obj=obj)
        if request.method == "POST" and form.is_valid():
            if button.guard and (elsewhere := button.guard(request, obj, form.cleaned_data)):
                return elsewhere
            if self._press(request, button, obj, form):
                return HttpResponseRedirect(self.page_of(obj))
        return self._ask(request, button, obj, form)

    def _ask(self, request: HttpRequest, button: Button, obj: Any, form: ButtonForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{button.label}: {obj}",
            "original": obj,
            "button": button,
            "back": self.page_of(obj),
            "form": form,
            "media": self.media + form.media,  # calendars lean on the admin's own scripts
        }
        return TemplateResponse(request, "common/button.html", context)

    def _press(self, request: HttpRequest, button: Button, obj: Any, form: ButtonForm) -> bool:
        try:
            said = self._run_once(request, button, obj, form.cleaned_data)
        except idempotency.IdempotencyKeyReused:
            form.add_error(None, "This page was used already. Open it again to do it once more.")
            return False
        except Refusal as refusal:
            form.add_error(None, str(refusal))
            return False
        except DomainError as refusal:
            for name, sentences in (refusal.errors or {}).items():
                form.add_error(name if name in form.fields else None, sentences)
            if not form.errors:
                form.add_error(None, refusal.detail)
            return False
        messages.success(request, self._with_undo(said, button, obj))
        return True

    def _with_undo(self, said: str, button: Button, obj: Any) -> str:
        undo = next((other for other in self.buttons if other.name == button.undone_by), None)
        if undo is None:
            return said
        address = reverse(f"admin:{self._button_url_name()}", args=[obj.pk, undo.name])
        return format_html('{} <a class="font-semibold underline" href="{}">{}</a>', said, address, undo.label)

    def _run_once(self, request: HttpRequest, button: Button, obj: Any, answers: dict[str, Any]) -> str:
        once = str(answers.pop("once"))
        what = idempotency.fingerprint("POST", request.path, repr(sorted(answers.items())).encode())
        record = idempotency.claim(caller=f"staff:{request.user.pk}", key=once, fingerprint=what)
        if record.is_answered:
            return str(record.answer()[1])
        if record.resource:
            return "This was done already."
        try:
            said = button.run(obj, Press(request.user, answers, record))
        except Exception:
            idempotency.give_back(record)
            raise
        idempotency.save_answer(record, status=200, body=said)
        self.log_change(request, obj, said)
        return said

    def _button_url_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_button"


def badge(text: str, colour: str = "") -> SafeString:
    """A coloured word: info, success, warning, danger, primary, or grey."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})


def preformatted(text: str) -> SafeString:
    """A longer text with its own lines; JSON gets some."""
    with contextlib.suppress(ValueError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return format_html('<pre class="text-xs" style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>', text)


def in_words(code: str) -> str:
    """A code as people say it: `bank_transfer` is “Bank transfer”."""
    return code.replace("_", " ").capitalize()


def exactly(money: Money) -> str:
    """To the last place that is kept, where books hold less than the smallest coin."""
    places = max(exponent(money.currency), -int(money.amount.normalize().as_tuple().exponent))
    return f"{money.amount:.{places}f} {money.currency}"


def link_to(obj: Model, text: str) -> SafeString:
    """A link to the row's page in the admin."""
    address = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', address, text)
