"""A page of the site: one language, one path, one text."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorField

from sitebackend.pages import search
from sitebackend.pages.markup import EDITOR_EXTENSIONS, plain_text, sanitise
from sitebackend.pages.models.choices import Menu, Status, Template
from sitebackend.pages.models.queries import PageQuerySet

slug_characters = RegexValidator(
    r"^[a-z0-9]+(?:-[a-z0-9]+)*$", _("Small letters a–z, digits and single hyphens only, as in “netzwerk-pflege”.")
)

#: first parts of addresses that are never a page's
RESERVED = {"admin", "static", "media", "theme", "en", "feed", "suche", "vorschau", "healthz", "readyz"}


class Page(models.Model):
    """Its path is its parent's path and its own slug; saving it moves the pages below along with it."""

    Status = Status
    Menu = Menu
    Template = Template

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("below")
    )
    slug = models.CharField(
        _("name in the address"),
        max_length=80,
        blank=True,
        validators=[slug_characters],
        help_text=_("The last part of the page's address. Only the home page has none."),
    )
    path = models.CharField(_("path"), max_length=400, editable=False)
    title = models.CharField(_("title"), max_length=200)
    navigation_title = models.CharField(
        _("title in menus"), max_length=60, blank=True, help_text=_("Only where the title is too long for a menu.")
    )
    description = models.CharField(
        _("description"),
        max_length=300,
        blank=True,
        help_text=_("One or two sentences: below the title, and in the results of search engines."),
    )
    picture = models.ForeignKey(
        "pages.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("picture"),
        help_text=_("Above the text, and where a link to the page is shared."),
    )
    body = ProseEditorField(
        _("text"),
        blank=True,
        extensions=EDITOR_EXTENSIONS,
        sanitize=sanitise,
        help_text=_(
            "A line of its own places a part: [Öffnungszeiten], [Anschrift], [Kontakt], [Bild: name], "
            "[Galerie: name, name], [Datei: name], [Knopf: words /address/]. "
            "After [Fragen] each smaller heading opens its answer."
        ),
    )
    template = models.CharField(_("layout"), max_length=20, choices=Template.choices, default=Template.STANDARD)
    menu = models.CharField(_("menu"), max_length=10, choices=Menu.choices, default=Menu.NONE, blank=True)
    menu_order = models.PositiveSmallIntegerField(_("place in the menu"), default=50)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    published_at = models.DateTimeField(
        _("visible from"), null=True, blank=True, help_text=_("Empty: as soon as it is published.")
    )
    translation_of = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="translation",
        limit_choices_to={"language": settings.LANGUAGE_CODE},
        verbose_name=_("English version of"),
        help_text=_("The German page that says the same."),
    )
    search_text = models.TextField(editable=False, blank=True)
    categories = models.ManyToManyField("pages.Category", blank=True, related_name="posts", verbose_name=_("topics"))
    trashed_at = models.DateTimeField(_("in the trash since"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    is_waiting_text = False  #: in memory it says what visitors do not see yet
    goes_live_at: datetime | None = None  #: and when they will, if that is settled

    objects = PageQuerySet.as_manager()

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["language", "path"]
        indexes = [  # what every page asks, so that none costs more among thousands (tests/pages/test_growth.py)
            models.Index(fields=["menu", "language"], name="pages_by_menu"),
            models.Index(fields=["template", "published_at"], name="pages_by_template"),
            models.Index(fields=["published_at"], name="pages_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["language", "path"], condition=Q(trashed_at=None), name="one_page_per_path"
            ),
            models.CheckConstraint(
                condition=~Q(status="published", published_at=None), name="published_page_has_its_time"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.path = self._path_from_parent()
        self.body = sanitise(self.body)
        self.search_text = search.fold(f"{self.title} {self.description} {plain_text(self.body)}")
        self._fix_time()
        former = Page.objects.filter(pk=self.pk).first()
        super().save(*args, **kwargs)
        self._keep_former_address(former)
        for child in self.children.all():
            child.move_below(self)

    def get_absolute_url(self) -> str:
        start = "" if self.language == settings.LANGUAGE_CODE else f"/{self.language}"
        return f"{start}/{self.path}/" if self.path else f"{start}/"

    def clean(self) -> None:
        self._check_parent()
        self._check_path()
        self._fix_time()
        if self.translation_of and self.translation_of.language == self.language:
            raise ValidationError({"translation_of": _("Choose a page in the other language.")})

    def _check_parent(self) -> None:
        if self.parent and self.parent.language != self.language:
            raise ValidationError({"parent": _("A page lies below a page of its own language.")})
        above = self.parent
        while above and above.pk != self.pk:
            above = above.parent
        if above:
            raise ValidationError({"parent": _("A page cannot lie below itself.")})

    def _check_path(self) -> None:
        self.path = self._path_from_parent()
        if not self.slug and self.parent:
            raise ValidationError({"slug": _("Only the home page has no name in its address.")})
        if self.path.split("/")[0] in RESERVED:
            raise ValidationError({"slug": _("The site itself uses this address. Please choose another.")})
        if Page.objects.kept().filter(language=self.language, path=self.path).exclude(pk=self.pk).exists():
            raise ValidationError({"slug": _("There is a page with this address already.")})

    def move_below(self, parent: "Page") -> None:
        """Follow `parent` to its new path or language."""
        self.parent = parent
        if (self.path, self.language) != (self._path_from_parent(), parent.language):
            self.language = parent.language
            self.save()

    def _keep_former_address(self, former: "Page | None") -> None:
        """What was public once stays reachable: links elsewhere cannot be changed by us."""
        url = self.get_absolute_url()
        if former and former.is_visible and former.get_absolute_url() != url:
            self.former_addresses.model.objects.filter(path=url).delete()
            self.former_addresses.model.objects.update_or_create(
                path=former.get_absolute_url(), defaults={"page_id": self.pk, "target": ""}
            )

    def _fix_time(self) -> None:
        if self.status == self.Status.PUBLISHED and self.published_at is None:
            self.published_at = timezone.now()

    def _path_from_parent(self) -> str:
        return f"{self.parent.path}/{self.slug}" if self.parent else self.slug

    @property
    def menu_title(self) -> str:
        return self.navigation_title or self.title

    @property
    def is_visible(self) -> bool:
        return (
            self.trashed_at is None
            and self.status == self.Status.PUBLISHED
            and self.published_at is not None
            and self.published_at <= timezone.now()
        )

    def ancestors(self) -> list["Page"]:
        """The pages above, the topmost first."""
        return [*self.parent.ancestors(), self.parent] if self.parent else []

    def visible_posts(self) -> PageQuerySet:
        return Page.objects.below(self).published().posts()

    def visible_children(self) -> PageQuerySet:
        return Page.objects.below(self).published().order_by("menu_order", "title")

    def visible_translations(self) -> list["Page"]:
        """The same text in the other language, if a visitor may see it."""
        other = Q(pk=self.translation_of_id) if self.translation_of_id else Q(translation_of=self)
        return list(Page.objects.published().filter(other))
