"""Pictures in the cockpit: uploaded once, then only their words can be changed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.pages import pictures, services
from sitebackend.pages.models import Image


class ImageForm(forms.ModelForm):  # type: ignore[type-arg] # none at run time
    upload = forms.FileField(
        label=_("file"),
        required=False,
        help_text=_("JPEG, PNG or WebP, up to 15 MB. The place and time of a photo are removed."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    class Meta:
        model = Image
        fields = ("name", "alternative", "is_decorative", "caption")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.width is None:
            self._take(self.cleaned_data.get("upload"))
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
        unused = Image.objects.unused().values("pk")
        return queryset.filter(pk__in=unused) if self.value() == "none" else queryset


@admin.register(Image)
class ImageAdmin(OperatorModelAdmin):
    form = ImageForm
    list_display = ["shown", "name", "alternative", "created_at"]
    list_display_links = ["shown", "name"]
    list_filter = [UnusedFilter]
    search_fields = ["name", "alternative", "caption"]

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
