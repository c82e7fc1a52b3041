"""A product's pictures on its page: a row for each, and a field that takes several new ones at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.forms import BaseFormSet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminImageSmallFieldWidget, UnfoldBooleanWidget

from apps.catalog import services
from apps.catalog.models import ProductImage, rendition_name
from apps.common import pictures

NEW_PICTURES = "new_pictures"
KINDS = "image/jpeg,image/png,image/webp"
_SMALL = 16  # pixels: a picture is decoded to see that it can be, and thrown away


def thumbnail(file: str, stem: str, widths: list[int]) -> str:
    """The address of the narrowest copy of a picture, or of the picture itself until there are any."""
    return default_storage.url(rendition_name(stem, widths[0], "webp") if widths else file)


def _refusal(file: UploadedFile) -> str:
    """Why `add_images` would not take it; nothing, if it would."""
    content: Any = file.file
    try:
        pictures.as_webp(content, longest_side=_SMALL)
    except pictures.NotAPicture as error:
        return str(error)
    content.seek(0)
    return ""


class PictureField(forms.FileField):
    """A picture that the shop will take; anything else is refused on the form."""

    default_error_messages = {"empty": str(pictures.NotAPicture(pictures.Fault.OTHER_KIND))}

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if isinstance(file, UploadedFile) and (refusal := _refusal(file)):
            raise forms.ValidationError(refusal)
        return file


class SeveralFiles(UnfoldAdminFileFieldWidget):
    allow_multiple_selected = True


class NewPicturesField(forms.FileField):
    """Any number of pictures; each that is refused is named, and then none is taken."""

    widget = SeveralFiles

    def __init__(self) -> None:
        super().__init__(
            label="New pictures",
            required=False,
            widget=SeveralFiles(attrs={"accept": KINDS}),
            help_text="Choose several at once: JPEG, PNG or WebP, at most 10 MB each. They come behind the others.",
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [file for file in data or [] if isinstance(file, UploadedFile)]
        refused = [f"{file.name}: {refusal}" for file in files if (refusal := _refusal(file))]
        if refused:
            raise forms.ValidationError(refused)
        return files


class ImageForm(forms.ModelForm):
    file = PictureField(label="Picture", widget=UnfoldAdminImageSmallFieldWidget(attrs={"accept": KINDS}))
    is_primary = forms.BooleanField(label="Primary", required=False, widget=UnfoldBooleanWidget)

    class Meta:
        model = ProductImage
        fields = ["file", "alt", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].required = False
        self.initial["is_primary"] = bool(self.instance.pk) and self.instance.is_primary

    @property
    def becomes_primary(self) -> bool:
        return "is_primary" in self.changed_data and bool(self.cleaned_data["is_primary"])


class ImageInline(TabularInline):
    model = ProductImage
    form = ImageForm
    fields = ["preview", "file", "alt", "is_primary", "position"]
    readonly_fields = ["preview"]
    verbose_name_plural = "pictures"
    verbose_name = "picture"
    hide_title = True
    ordering = ["position", "pk"]
    ordering_field = "position"
    hide_ordering_field = True
    extra = 0

    @display(description="")
    def preview(self, image: ProductImage) -> SafeString | str:
        if not image.pk:
            return ""
        star = '<span class="material-symbols-outlined text-primary-600" title="Lists show this one">star</span>'
        return format_html(
            '<div class="flex items-center gap-2"><img src="{}" alt="{}" width="64" height="64"'
            ' class="object-cover rounded-default">{}</div>',
            thumbnail(str(image.file), image.rendition_stem, image.rendition_widths),
            image.alt,
            SafeString(star if image.is_primary else ""),
        )


def save_images(product_id: int, rows: BaseFormSet, new: list[UploadedFile]) -> None:
    """Pictures come, change and go; a file that replaces another takes its place, and new ones come last."""
    order = []
    for form in sorted(rows.forms, key=lambda form: (not form.becomes_primary, form.cleaned_data.get("position") or 0)):
        if form in rows.deleted_forms:
            if form.instance.pk:
                services.remove_image(image_id=form.instance.pk)
        elif image := _save_row(product_id, form):
            order.append(image.public_id)
    if any(form.has_changed() for form in rows.forms):
        services.arrange_images(product_id=product_id, image_ids=order)
    if new:
        services.add_images(images=[_new(product_id, file) for file in new])


def _save_row(product_id: int, form: forms.ModelForm) -> ProductImage | None:
    image: ProductImage = form.instance
    alt = form.cleaned_data.get("alt", "")
    if "file" in form.changed_data:
        new = _new(product_id, form.cleaned_data["file"], alt=alt, variant_id=image.variant_id)
        if image.pk:
            services.remove_image(image_id=image.pk)
        return services.add_images(images=[new])[0]
    if "alt" in form.changed_data:
        services.change_image(image_id=image.pk, alt=alt)
    return image if image.pk else None


def _new(product_id: int, file: Any, *, alt: str = "", variant_id: int | None = None) -> services.NewImage:
    return services.NewImage(product_id=product_id, file=file, alt=alt, variant_id=variant_id)
