"""Pages that a site cannot be without: home, imprint, privacy notice, contact. Others of their kind are no loss.

What must never happen: one of them leaves the public site unasked, and everything stays green. So none goes by
a bulk action; the form asks first and says what is lost; and `health` asks whether each can be reached.
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sitebackend.pages.models import Page


@dataclass(frozen=True, slots=True)
class Essential:
    """One of them: its path, its layout if that gives its content, and what visitors lose without it."""

    path: str
    template: str
    name: str | Promise
    loss: str | Promise
    is_law: bool = False


ESSENTIAL = (
    Essential(
        "", Page.Template.HOME, _("Home page"), _("Without the home page, whoever opens the site finds nothing.")
    ),
    Essential(
        "impressum",
        Page.Template.IMPRINT,
        _("Imprint"),
        _("Every page leads to the imprint, and the law asks for it (§ 5 DDG)."),
        is_law=True,
    ),
    Essential(
        "datenschutz",
        Page.Template.NOTICE,
        _("Privacy notice"),
        _("Every page and the contact form lead to the privacy notice, and the law asks for it (Art. 13 GDPR)."),
        is_law=True,
    ),
    Essential("kontakt", "", _("Contact"), _("Without this page the contact form is in no menu.")),
)


def of(page: Page) -> Essential | None:
    """Which of them `page` is: by its address and, where that makes the content, its layout."""
    found = (essential for essential in ESSENTIAL if page.path == essential.path)
    return next((essential for essential in found if essential.template in ("", page.template)), None)


def loss(before: Page | None, after: Page | None = None) -> str:
    """What visitors lose if `before`, as it is stored, becomes `after` (None: it goes). Empty: nothing of this kind."""
    essential = of(before) if before and before.is_visible else None
    if before is None or essential is None:
        return ""
    stays = after is not None and after.is_visible and after.language == before.language and of(after) == essential
    return "" if stays else str(essential.loss)


def require_no_loss(page: Page) -> None:
    """For what is done to many pages at once. Raises ValidationError."""
    if words := loss(page):
        hint = _("“{title}” stays. Change its text, or take it off the site on its own page first.")
        raise ValidationError(f"{words} {hint.format(title=page.title)}")


def missing() -> list[tuple[Essential, str]]:
    """Those that a visitor asking for them would not get, each with its address."""
    languages = [language for language in ("de", "en") if _is_spoken(language)]
    return [
        (essential, _address(essential, language))
        for language in languages
        for essential in ESSENTIAL
        if essential.template and not _is_reached(essential, language)
    ]


def _is_spoken(language: str) -> bool:
    """The site's own language as soon as there is a page at all; another one once visitors see a page in it."""
    pages = Page.objects.filter(language=language)
    return (pages.published() if language != "de" else pages).exists()


def _is_reached(essential: Essential, language: str) -> bool:
    """Asked as the address is asked: who answers there, and whether that finds the page."""
    pages = Page.objects.published().filter(language=language, path=essential.path, template=essential.template)
    try:
        with translation.override(language):
            answers = resolve(_address(essential, language)).namespace == "pages"
    except Resolver404:
        return False
    return answers and pages.exists()


def _address(essential: Essential, language: str) -> str:
    return Page(language=language, path=essential.path).get_absolute_url()
