"""Mails in the staff's own words, looked at in every state before anybody gets one; and how all of them look."""

from __future__ import annotations

from io import BytesIO
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.accounts import selectors as account_selectors
from apps.accounts.models import User
from apps.common.admin import EditableAdmin, ReadOnlyAdmin, in_words
from apps.common.exceptions import DomainError
from apps.common.pictures import NotAPicture, as_png
from apps.notifications import selectors, services
from apps.notifications.models import MailStyle, MailWording
from apps.notifications.rendering import mail_templates
from apps.notifications.samples import states_of
from apps.notifications.wording import FILTERS, PARTS, Wording, parts_of, placeholders

LANGUAGES = dict(settings.LANGUAGES)
_LOGO_PIXELS = 600


class MailForm(forms.Form):
    """`after` is the version that was looked at, `once` names this page's test mail."""

    subject = forms.CharField(max_length=300, widget=UnfoldAdminTextInputWidget)
    html = forms.CharField(
        label="HTML", strip=False, widget=UnfoldAdminTextareaWidget({"rows": 16, "spellcheck": "false"})
    )
    text = forms.CharField(strip=False, widget=UnfoldAdminTextareaWidget({"rows": 12}))
    state = forms.ChoiceField(label="Sample", widget=UnfoldAdminSelectWidget, help_text="For preview and test.")
    after = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    once = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, template: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states: forms.ChoiceField = self.fields["state"]  # type: ignore[assignment]
        states.choices = [(state, state.capitalize()) for state in states_of(template)]

    def wording(self) -> Wording:
        return Wording(*(self.cleaned_data[name] for name in ("subject", "html", "text")))


@admin.register(MailWording)
class MailWordingAdmin(ReadOnlyAdmin):
    """The list has every mail that the shop writes; whoever may change them has a page for each in each language."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.edit_view)
        return [
            path("edit/<slug:template>/<slug:language>/", view, name="notifications_mailwording_edit"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        newest = selectors.newest_wordings()
        names = account_selectors.staff_names(one.saved_by for one in newest.values())
        mails = [
            {
                "title": in_words(template),
                "languages": [
                    {
                        "name": LANGUAGES[language],
                        "address": _address(template, language),
                        "changed": changed if changed and not changed.is_original else None,
                        "by": names.get(changed.saved_by, changed.saved_by) if changed else "",
                    }
                    for language in LANGUAGES
                    for changed in [newest.get((template, language))]
                ],
            }
            for template in mail_templates()
        ]
        return self._page(request, "mails/list.html", title="Mails", mails=mails)

    def edit_view(self, request: HttpRequest, template: str, language: str) -> HttpResponse:
        """GET shows the words of today, or those of `?version=`; a POST shows, tests, keeps or takes back."""
        if template not in mail_templates() or language not in LANGUAGES:
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        versions = list(MailWording.objects.filter(template=template, language=language).order_by("-version"))
        if request.method != "POST":
            form = MailForm(template=template, initial=_initial(request, template, language, versions))
            shown = Wording(*(form.initial[name] for name in ("subject", "html", "text")))
            return self._edit(request, template, language, versions, form, shown)
        form = MailForm(request.POST, template=template)
        done = self._do(request, template, language, form)
        return done or self._edit(
            request, template, language, versions, form, form.wording() if form.is_valid() else None
        )

    def _do(self, request: HttpRequest, template: str, language: str, form: MailForm) -> HttpResponse | None:
        """What the pressed button says; None where the page is shown again, with what is wrong."""
        what = request.POST.get("do", "preview")
        if what != "preview" and not self.has_act_permission(request):
            raise PermissionDenied
        if not form.is_valid():
            return None
        facts = {"template": template, "language": language}
        answers, user = form.cleaned_data, cast(User, request.user)
        try:
            if what == "save":
                actor = f"staff:{user.pk}"
                kept = services.save_wording(**facts, wording=form.wording(), after=answers["after"], actor=actor)
                return self._kept(request, kept, f"Kept as version {kept.version}; it goes out from now on.")
            if what == "original":
                kept = services.restore_original(**facts, after=answers["after"], actor=f"staff:{user.pk}")
                return self._kept(request, kept, "The shop's own words are back.")
            if what == "test":
                once, state = answers["once"], answers["state"]
                services.send_test(**facts, wording=form.wording(), state=state, user=user, key=once)
                messages.success(request, f"It is on its way to {user.email}.")
        except DomainError as refusal:
            for name, sentences in (refusal.errors or {"subject": [refusal.detail]}).items():
                form.add_error(name, sentences)
        return None

    def _kept(self, request: HttpRequest, kept: MailWording, said: str) -> HttpResponse:
        self.log_change(request, kept, said)
        messages.success(request, said)
        return HttpResponseRedirect(_address(kept.template, kept.language))

    def _edit(
        self,
        request: HttpRequest,
        template: str,
        language: str,
        versions: list[MailWording],
        form: MailForm,
        wording: Wording | None,
    ) -> TemplateResponse:
        names = account_selectors.staff_names(one.saved_by for one in versions)
        state = str(form["state"].value() or next(iter(states_of(template))))
        return self._page(
            request,
            "mails/edit.html",
            title=f"{in_words(template)}, {LANGUAGES[language]}",
            form=form,
            shown=_shown(form, template, language, wording, state),
            versions=[{"row": one, "by": names.get(one.saved_by, one.saved_by)} for one in versions],
            may_change=self.has_act_permission(request),
            placeholders=placeholders(template),
            parts={name: PARTS[name] for name in parts_of(template)},
            filters=FILTERS,
            back=reverse("admin:notifications_mailwording_changelist"),
        )

    def _page(self, request: HttpRequest, page: str, **context: Any) -> TemplateResponse:
        return TemplateResponse(request, page, {**self.admin_site.each_context(request), "opts": self.opts, **context})


@admin.register(MailStyle)
class MailStyleAdmin(EditableAdmin):
    list_display = ["__str__", "accent", "background", "updated_at"]
    fields = [("accent", "background"), "logo", "footer_es", "footer_en", "footer_pt"]

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """There is one: whoever wants another gets that."""
        if request.method == "GET" and (style := MailStyle.objects.first()):
            return HttpResponseRedirect(reverse("admin:notifications_mailstyle_change", args=[style.pk]))
        answer: HttpResponse = super().add_view(request, *args, **kwargs)
        return answer

    def get_form(self, *args: Any, **kwargs: Any) -> Any:
        return super().get_form(*args, **{**kwargs, "form": MailStyleForm})


class MailStyleForm(forms.ModelForm):
    """A picture is drawn anew as PNG, which every mail program shows. There is one row."""

    def clean(self) -> Any:
        if self.instance.pk is None and MailStyle.objects.exists():
            raise forms.ValidationError("There is one already: open it.")
        return super().clean()

    def clean_logo(self) -> Any:
        logo = self.cleaned_data.get("logo")
        if not logo or "logo" not in self.changed_data:
            return logo
        try:
            return ContentFile(as_png(BytesIO(logo.read()), longest_side=_LOGO_PIXELS), name=f"{uuid4()}.png")
        except NotAPicture as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


def _address(template: str, language: str) -> str:
    return reverse("admin:notifications_mailwording_edit", args=[template, language])


def _initial(request: HttpRequest, template: str, language: str, versions: list[MailWording]) -> dict[str, Any]:
    wanted = request.GET.get("version", "")
    newest = versions[0] if versions else None
    chosen = next((one for one in versions if str(one.version) == wanted), newest)
    words = Wording() if chosen is None or chosen.is_original else chosen
    named = {"subject": words.subject, "html": words.html, "text": words.text}
    state = request.GET.get("state", next(iter(states_of(template))))
    return {**named, "state": state, "after": newest.version if newest else 0, "once": uuid4()}


def _shown(form: MailForm, template: str, language: str, wording: Wording | None, state: str) -> Any:
    """The mail as its reader gets it; None where it cannot be written, and then the form says why."""
    if wording is None or form.errors or state not in states_of(template):
        return None
    try:
        return services.preview(template=template, language=language, wording=wording, state=state)
    except DomainError as refusal:
        for name, sentences in (refusal.errors or {}).items():
            if form.is_bound:
                form.add_error(name, sentences)
        return None
