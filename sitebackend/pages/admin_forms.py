"""Forms that spare the operator what the title says already: the name in the address."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

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
    class Meta:
        model = Page
        fields = "__all__"


class CategoryForm(NamedByTitle):
    class Meta:
        model = Category
        fields = "__all__"
