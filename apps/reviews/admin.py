"""Reviews for staff: the queue of those that nobody has looked at, with a button for each decision."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.common.admin import Button, ButtonForm, ButtonsMixin, Press, ReadOnlyAdmin, badge
from apps.common.exceptions import DomainError
from apps.reviews import selectors, services
from apps.reviews.models import REASON_LENGTH, REPLY_LENGTH, Review, ReviewStatus

STATUS_COLOURS = {"pending": "warning", "approved": "success", "rejected": "danger"}


class ApproveForm(ButtonForm):
    """Carries when the review was last changed, so that nobody approves words that he has not seen."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, obj: Review, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.fields["seen"].initial = obj.updated_at.isoformat()

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        if answers.pop("seen", "") != self.obj.updated_at.isoformat():
            raise forms.ValidationError("It has changed since you opened this page. Go back and read it again.")
        return answers


class RejectForm(ApproveForm):
    reason = forms.CharField(
        max_length=REASON_LENGTH, help_text="The author reads it.", widget=UnfoldAdminTextInputWidget
    )


class ReplyForm(ButtonForm):
    reply = forms.CharField(
        max_length=REPLY_LENGTH,
        required=False,
        widget=UnfoldAdminTextareaWidget,
        help_text="Everybody reads it below the review. Empty: what was replied is taken away.",
    )

    def __init__(self, *args: Any, obj: Review, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj, **kwargs)
        self.fields["reply"].initial = obj.reply


def _approve(review: Review, press: Press) -> str:
    services.approve_review(review=review)
    return "It is shown, and counts."


def _reject(review: Review, press: Press) -> str:
    services.reject_review(review=review, reason=press["reason"])
    return "It is not shown. Its author reads why, and may write it anew."


def _reply(review: Review, press: Press) -> str:
    services.reply_to_review(review_id=review.pk, reply=press["reply"])
    return "That is what the shop says to it."


class QueueFilter(admin.SimpleListFilter):
    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("to_moderate", "To moderate")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        return queryset if self.value() is None else queryset & selectors.reviews_to_moderate()


@admin.register(Review)
class ReviewAdmin(ButtonsMixin, ReadOnlyAdmin):
    list_display = ["product", "rating", "title", "words", "status_badge", "created_at"]
    list_display_links = ["product", "title"]
    list_filter = [QueueFilter, ("status", ChoicesDropdownFilter), "rating"]
    list_select_related = ["product"]
    search_fields = ["product__name", "author__email", "title", "comment"]
    ordering = ["-pk"]
    actions = ["approve_selected"]
    fields = [
        ("product", "author"),
        ("rating", "status_badge", "is_shown"),
        "title",
        "comment",
        "reason",
        ("reply", "replied_at"),
        ("created_at", "updated_at"),
    ]
    buttons = [
        Button(
            name="approve",
            label="Approve",
            icon="check_circle",
            variant=ActionVariant.PRIMARY,
            permission=selectors.MODERATE,
            explains="Everybody reads it, and it counts for the product's rating.",
            form=ApproveForm,
            offered=lambda review: review.status == ReviewStatus.PENDING,
            run=_approve,
        ),
        Button(
            name="reject",
            label="Reject",
            icon="block",
            variant=ActionVariant.DANGER,
            permission=selectors.MODERATE,
            explains="Nobody but its author reads it, and it does not count.",
            form=RejectForm,
            offered=lambda review: review.status != ReviewStatus.REJECTED,
            run=_reject,
        ),
        Button(
            name="reply",
            label="Reply",
            icon="reply",
            permission=selectors.MODERATE,
            form=ReplyForm,
            offered=lambda review: review.is_shown,
            run=_reply,
        ),
    ]

    @display(description="Comment")
    def words(self, review: Review) -> str:
        return review.comment if len(review.comment) <= 120 else f"{review.comment[:119]}…"

    @display(description="Status", ordering="status")
    def status_badge(self, review: Review) -> SafeString:
        return badge(review.get_status_display(), STATUS_COLOURS[review.status])

    @admin.action(description="Approve selected reviews", permissions=["act"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        for review in queryset:
            try:
                services.approve_review(review=review)
            except DomainError as refusal:
                self.message_user(request, f"{review}: {refusal.detail}", messages.ERROR)
            else:
                self.log_change(request, review, "Approved.")
