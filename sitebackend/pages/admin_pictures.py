"""Pictures in the cockpit: uploaded once, then only their words can be changed."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from js_asset.js import Script

from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.cockpit.pages import OperatorPage, hang
from sitebackend.pages import pictures, services
from sitebackend.pages.models import Image
from sitebackend.pages.slugs import free_name

MOST_CHOICES = 60


class ImageForm(forms.ModelForm):  # type: ignore[type-arg] # none at run time
    upload = forms.FileField(
        label=_("file"),
        required=False,
        help_text=_("JPEG, PNG or WebP, up to 15 MB. The place and time of a photo are removed."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    class Meta:
        model = Image
        fields = ("alternative", "is_decorative", "caption", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.width is None:
            self.fields["name"].required = False
            self.fields["name"].help_text = _("For texts: [Bild: name]. Empty: made from what it shows.")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.width is None:
            upload = self.cleaned_data.get("upload")
            self._take(upload)
            if not self.cleaned_data.get("name"):
                words = self.cleaned_data.get("alternative") or PurePath(upload.name if upload else "").stem
                taken = set(Image.objects.values_list("name", flat=True))
                self.cleaned_data["name"] = free_name(words, taken, or_else="bild")
        return cleaned

    def _take(self, upload: Any) -> None:
        if upload is None:
            self.add_error("upload", _("Choose a file."))
            return
        try:
            self.cleaned_data["pixels"] = pictures.read(upload)
        except forms.ValidationError as error:
            self.add_error("upload", error)


class UnusedFilter(admin.SimpleListFilter):
    title = _("use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("on no page"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "none":
            return queryset
        unused: QuerySet[Any] = queryset.filter(pk__in=queryset.model.objects.unused().values("pk"))
        return unused


@admin.register(Image)
class ImageAdmin(OperatorModelAdmin):
    form = ImageForm
    list_display = ["shown", "name", "alternative", "created_at"]
    list_display_links = ["name"]
    list_filter = [UnusedFilter]
    search_fields = ["name", "alternative", "caption"]

    class Media:
        css = {"all": ["css/editing.css"]}
        js = [Script("js/pictures.js", type="module")]

    @admin.display(description=_("picture"))
    def shown(self, image: Image) -> SafeString:
        return format_html('<img src="{}" alt="" width="120" loading="lazy">', image.small)

    def get_fields(self, request: HttpRequest, obj: Image | None = None) -> Any:
        return [*([] if obj else ["upload"]), *ImageForm.Meta.fields]

    def save_model(self, request: HttpRequest, obj: Image, form: Any, change: bool) -> None:
        if change:
            obj.save()
        else:
            services.add_picture(image=obj, upload=form.cleaned_data["pixels"])


class PictureChoice(OperatorPage):
    """The pictures to choose from in the text editor: the newest, or those that have a word."""

    permission = "pages.view_image"
    template_name = "admin/pages/_picture_choice.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        word = self.request.GET.get("q", "").strip()
        found = Image.objects.filter(Q(name__icontains=word) | Q(alternative__icontains=word))
        return {"images": found[:MOST_CHOICES]}


hang("pages/image/", [("choice/", PictureChoice, "pages_image_choice")])
