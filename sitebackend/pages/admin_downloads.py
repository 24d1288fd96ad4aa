"""Downloads in the cockpit: uploaded, named, and replaced by the next edition."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.cockpit.pages import OperatorPage, hang
from sitebackend.pages import downloads, services
from sitebackend.pages.admin_pictures import MOST_CHOICES, UnusedFilter
from sitebackend.pages.models import Download
from sitebackend.pages.slugs import free_name


class DownloadForm(forms.ModelForm):  # type: ignore[type-arg] # none at run time
    upload = forms.FileField(
        label=_("file"),
        help_text=_(
            "PDF, up to 20 MB. Whoever has the address can read it at once, with what it says of its author "
            "and program."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf"}),
    )

    class Meta:
        model = Download
        fields = ("title", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.digest:
            self.fields["upload"].required = False
            self.fields["upload"].label = _("another file in its place")
        else:
            self.fields["name"].required = False

    def clean_upload(self) -> bytes | None:
        upload = self.cleaned_data["upload"]
        return downloads.read(upload) if upload else None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if "name" in self.fields and not self.cleaned_data.get("name") and "name" not in self.errors:
            words = self.cleaned_data.get("title", "")
            taken = set(Download.objects.values_list("name", flat=True))
            self.cleaned_data["name"] = free_name(words, taken, or_else="datei")
        return cleaned


@admin.register(Download)
class DownloadAdmin(OperatorModelAdmin):
    form = DownloadForm
    list_display = ["title", "address", "kilobytes", "stored_at"]
    list_filter = [UnusedFilter]
    search_fields = ["title", "name"]

    @admin.display(description=_("address"))
    def address(self, download: Download) -> SafeString:
        return format_html('<a href="{0}">{0}</a>', download.get_absolute_url())

    @admin.display(description=_("size"), ordering="size")
    def kilobytes(self, download: Download) -> str:
        return filesizeformat(download.size)

    def get_fields(self, request: HttpRequest, obj: Download | None = None) -> Any:
        return ["title", "upload", "address"] if obj else ["title", "upload", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Download | None = None) -> Any:
        return ["address"] if obj else []

    def save_model(self, request: HttpRequest, obj: Download, form: Any, change: bool) -> None:
        content = form.cleaned_data["upload"]
        if content is None:
            obj.save()
        else:
            services.keep_download(download=obj, content=content)


class DownloadChoice(OperatorPage):
    """The downloads to choose from in the text editor, the newest first."""

    permission = "pages.view_download"
    template_name = "admin/pages/_download_choice.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = Download.objects.filter(title__icontains=self.request.GET.get("q", "").strip())
        return {"downloads": found[:MOST_CHOICES]}


hang("pages/download/", [("choice/", DownloadChoice, "pages_download_choice")])
