"""What an editor chooses for a page."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")


class Menu(models.TextChoices):
    NONE = "", _("in no menu")
    MAIN = "main", _("main menu")
    FOOTER = "footer", _("footer")


class Template(models.TextChoices):
    STANDARD = "standard", _("text")
    HOME = "home", _("home page")
    OVERVIEW = "overview", _("overview of the pages below")
    POSTS = "posts", _("list of posts")
    POST = "post", _("post")
    IMPRINT = "imprint", _("imprint")
    NOTICE = "notice", _("privacy notice")
