"""Forms that spare the operator what the title says already: the name in the address."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sitebackend.admin_site import name_inputs
from sitebackend.formats.fields import SplitDateTimeField
from sitebackend.pages import essential
from sitebackend.pages.models import Category, Page
from sitebackend.pages.slugs import slug_of

if TYPE_CHECKING:
    _Form = forms.ModelForm[Any]
else:
    _Form = forms.ModelForm


class NamedByTitle(_Form):
    """Without a name in the address a new row gets one from its title."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = _("Empty: made from the title.")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance._state.adding and not self.cleaned_data.get("slug") and not self._is_home():
            self.cleaned_data["slug"] = slug_of(self.cleaned_data.get("title", ""))
        return cleaned

    def _is_home(self) -> bool:
        return self.cleaned_data.get("template") == Page.Template.HOME


class PageForm(NamedByTitle):
    """With the time at which the draft beside a published page is to be seen.

    What takes a page off the site that visitors or the law need there is asked first (`essential`).
    """

    loss = ""  #: what would be lost; the page then shows the question

    draft_from = SplitDateTimeField(
        label=_("Draft visible from"),
        required=False,
        widget=AdminSplitDateTime,
        help_text=_("For “Save as draft”: then visitors see it, without your doing. Empty: once you press “Update”."),
    )

    class Meta:
        model = Page
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["draft_from"] = self.instance.goes_live_at
        name_inputs(self.fields["draft_from"])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors and not self._is_kept_waiting():
            self.loss = essential.loss(Page.objects.filter(pk=self.instance.pk).first(), self._as_it_would_be())
        if self.loss and "_lose" not in self.data:
            raise ValidationError(
                _("{loss} Nothing was changed. If you want it all the same, tick the box below and save again.").format(
                    loss=self.loss
                )
            )
        return cleaned

    def _is_kept_waiting(self) -> bool:
        """“Save as draft” beside a published page changes nothing that visitors see."""
        return "_draft" in self.data and Page.objects.filter(pk=self.instance.pk, status=Page.Status.PUBLISHED).exists()

    def _as_it_would_be(self) -> Page:
        named = ("language", "parent", "slug", "template", "status", "published_at")
        after = Page(**{name: self.cleaned_data.get(name, getattr(self.instance, name)) for name in named})
        if "_publish" in self.data:
            after.status = Page.Status.PUBLISHED
        after._fix_time()
        after.path = after._path_from_parent()
        return after

    def clean_draft_from(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["draft_from"]
        if at and "_draft" in self.data and at <= timezone.now():
            raise ValidationError(_("This time is over. Choose a later one, or press “Update” to publish it now."))
        return at


class CategoryForm(NamedByTitle):
    class Meta:
        model = Category
        fields = "__all__"
