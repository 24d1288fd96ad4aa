"""The two things everybody here shares: who may come in, and the business whose site this is."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from sitebackend import retention
from sitebackend.acts import Act as Act
from sitebackend.acts import Actor as Actor
from sitebackend.acts import LookReason as LookReason
from sitebackend.authorities import AUTHORITIES, PLACEHOLDER
from sitebackend.crypto import lookup
from sitebackend.delete_reasons import DeleteReason
from sitebackend.formats import email_address, reach
from sitebackend.formats.model_fields import OwnAddressField

ROLE_OF_SUPERUSERS = "Betrieb"  #: as `cockpit.roles` reads it


class Operator(AbstractUser):
    """A person who may use the admin. Its key is a UUID, as every personal row's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = OwnAddressField(_("email address"), blank=True)
    otp_device: Any = None  #: the second factor that this session has shown; django-otp sets it
    seen_as: str = ""  #: a role that is tried on for the length of a request (`cockpit.viewing`)
    permissions: set[str] | None = None  #: what the roles allow, once `cockpit.roles` has looked it up
    standing_before: list[Any] | None = None  #: as the database had it before this save

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")

    def standing(self) -> list[Any]:
        """Return what a session is bound to besides the password: who may come in, and as what."""
        roles = [ROLE_OF_SUPERUSERS] if self.is_superuser else sorted(self.groups.values_list("name", flat=True))
        return [self.is_active, self.is_staff, roles]

    def get_session_auth_hash(self) -> str:
        """As Django's, and of the standing too: sessions end when either changes, whoever wrote it."""
        bound = f"{super().get_session_auth_hash()}|{self.standing()}"
        return salted_hmac("sitebackend.models.Operator.session", bound, algorithm="sha256").hexdigest()

    @classmethod
    def with_email(cls, email: str) -> "list[Operator]":
        """Those with this address, however it is spelled; nobody for an empty one. They are few."""
        wanted = lookup.email(email)
        return [operator for operator in cls.objects.all() if wanted and lookup.email(operator.email) == wanted]


class State(models.TextChoices):
    """The German states, by their ISO 3166-2 codes: each has public holidays of its own."""

    BW = "BW", "Baden-Württemberg"
    BY = "BY", "Bayern"
    BE = "BE", "Berlin"
    BB = "BB", "Brandenburg"
    HB = "HB", "Bremen"
    HH = "HH", "Hamburg"
    HE = "HE", "Hessen"
    MV = "MV", "Mecklenburg-Vorpommern"
    NI = "NI", "Niedersachsen"
    NW = "NW", "Nordrhein-Westfalen"
    RP = "RP", "Rheinland-Pfalz"
    SL = "SL", "Saarland"
    SN = "SN", "Sachsen"
    ST = "ST", "Sachsen-Anhalt"
    SH = "SH", "Schleswig-Holstein"
    TH = "TH", "Thüringen"
    __empty__ = _("not given: only the holidays of all states count")


BRAND_COLOUR, ACCENT_COLOUR = "#0e5a60", "#b3501b"  #: as in static/css/site.css
hex_colour = RegexValidator(r"^#[0-9a-f]{6}$", _("A colour as in “#0e5a60”."))


class SiteSettings(models.Model):
    """The business data that header, footer, imprint, contact page, notice and letters share: one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    business_name = models.CharField(_("business name"), max_length=200)
    claim = models.CharField(_("claim"), max_length=200, blank=True, help_text=_("One short line below the name."))
    owner = models.CharField(_("owner"), max_length=200, help_text=_("First and last name, as § 5 DDG asks."))
    street = models.CharField(_("street and number"), max_length=200)
    postal_code = models.CharField(_("postal code"), max_length=20)
    city = models.CharField(_("city"), max_length=100)
    country = models.CharField(_("country"), max_length=100, default="Deutschland")
    phone = models.CharField(_("telephone"), max_length=50, blank=True)
    email = OwnAddressField(_("e-mail address"), help_text=_("Stands in the imprint and on the contact page."))
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    supervisory_authority = models.CharField(
        _("supervisory authority"),
        max_length=300,
        blank=True,
        help_text=_(
            "Leave it empty: the one of your federal state stands in the notice and in letters. What you type wins."
        ),
    )
    federal_state = models.CharField(
        _("federal state"),
        max_length=2,
        blank=True,
        choices=State.choices,
        help_text=_(
            "Its data protection authority stands in the notice and in letters; its public holidays count when the "
            "deadline of a request falls on one."
        ),
    )
    hosting_provider = models.CharField(
        _("hosting provider"),
        max_length=300,
        blank=True,
        help_text=_("Who runs the server: name and place, as in “Hoster GmbH, Karlsruhe”. Your own? Then say so."),
    )
    hosting_contract_on = models.DateField(_("contract under Art. 28 of"), null=True, blank=True)
    mail_provider = models.CharField(
        _("mail provider"), max_length=300, blank=True, help_text=_("Who runs your mailbox: name and place.")
    )
    mail_contract_on = models.DateField(_("contract under Art. 28 of"), null=True, blank=True)
    backup_provider = models.CharField(
        _("provider of backup storage"),
        max_length=300,
        blank=True,
        help_text=_("Where BACKUP_UPLOAD_COMMAND carries the backups: name and place. Without that command: nothing."),
    )
    backup_contract_on = models.DateField(_("contract under Art. 28 of"), null=True, blank=True)
    further_providers = models.TextField(
        _("further service providers"),
        blank=True,
        help_text=_("One line each: what for, name and place, date of the contract under Art. 28."),
    )
    third_countries = models.CharField(
        _("countries outside the European Economic Area"),
        max_length=300,
        blank=True,
        help_text=_(
            "Where these providers keep data outside of it, and what allows it (Art. 45 or 46 GDPR). "
            "“keine” if they do so nowhere; empty means that you have not looked yet."
        ),
    )
    opening_hours = models.TextField(
        _("opening hours"), blank=True, help_text=_("One line each, as in “Montag bis Freitag 8–17 Uhr”.")
    )
    logo = models.ForeignKey(
        "pages.Image",  # by name: the ground imports no room above it
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="logo_of",
        verbose_name=_("logo"),
        help_text=_("In the place of the name, at the top of every page. Best a PNG with a transparent ground."),
    )
    brand_colour = models.CharField(
        _("main colour"),
        max_length=7,
        default=BRAND_COLOUR,
        validators=[hex_colour],
        help_text=_("Buttons and links. Lighter and darker shades are made from it so that everything stays legible."),
    )
    accent_colour = models.CharField(
        _("second colour"),
        max_length=7,
        default=ACCENT_COLOUR,
        validators=[hex_colour],
        help_text=_("Small marks: where the visitor is, what has the keyboard's focus."),
    )

    class Meta:
        verbose_name = _("site settings")
        verbose_name_plural = _("site settings")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_site_settings")]

    def __str__(self) -> str:
        return self.business_name

    @property
    def authority(self) -> str:
        """The supervisory authority with its address: as typed, or the one of the federal state. Empty: not known."""
        typed = self.supervisory_authority.strip()
        return typed if typed and typed != PLACEHOLDER else AUTHORITIES.get(self.federal_state, "")

    def where_to_complain(self) -> str:
        """Art. 77 GDPR in one or two sentences of the active language, true whatever is known here."""
        anywhere = _(
            "You may complain to a data protection authority (Art. 77 GDPR): where you live or work, where you think "
            "that the law was broken, or where our business is."
        )
        ours = _("Responsible for us: {authority}").format(authority=self.authority)
        return f"{anywhere} {ours}" if self.authority else str(anywhere)

    def clean(self) -> None:
        reach.check_row(self)

    last_seen: ClassVar["SiteSettings | None"] = None  #: by this process; for its pages while the database is down

    @property
    def wire_email(self) -> str:
        """For links: many a mail program still makes another domain of one like `faß.de`."""
        return email_address.wire_of(self.email)

    @classmethod
    def current(cls) -> "SiteSettings":
        """The one row; before the set-up has made it, an unsaved one with empty fields."""
        cls.last_seen = cls.objects.select_related("logo").first() or cls()
        return cls.last_seen


class WorkerJobQuerySet(models.QuerySet["WorkerJob"]):
    def failing(self) -> Self:
        return self.exclude(failure="")

    def record(self, name: str, *, now: datetime, failure: str = "") -> None:
        """Note that the job ran. A run like the one before is written once a minute: each write costs a disk flush."""
        known = self.filter(name=name).first()
        if known and known.failure == failure and timedelta(0) <= now - known.last_run < WorkerJob.WRITTEN_EVERY:
            return
        since = ((known and known.failing_since) or now) if failure else None
        self.update_or_create(name=name, defaults={"last_run": now, "failure": failure, "failing_since": since})


class WorkerJob(models.Model):
    """How a job of the worker went last: tells whether the worker runs at all, and what fails since when."""

    WRITTEN_EVERY = timedelta(minutes=1)

    name = models.CharField(primary_key=True, max_length=200)
    last_run = models.DateTimeField()
    failure = models.CharField(max_length=200, blank=True)  #: class of the exception; empty: it went well
    failing_since = models.DateTimeField(null=True)

    objects = WorkerJobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(failure="", failing_since=None)
                | (~models.Q(failure="") & models.Q(failing_since__isnull=False)),
                name="failing_since_with_its_failure",
            )
        ]

    def __str__(self) -> str:
        return self.name


class DatabaseHome(models.Model):
    """The data folder that this database belongs to: one row. `sitebackend.node` claims it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    node = models.UUIDField()
    place = models.CharField(max_length=32)  #: a digest of where the folder lies
    is_served = models.BooleanField(default=False)  #: a site was started there and did not end properly since
    since = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_home_of_the_database")]

    def __str__(self) -> str:
        return str(self.node)


class Event(models.Model):
    """One thing that was done to data or keys outside the admin's forms: who, what, on which row. Never a value.

    `kind` is a model ("contact.submission") or a holding of the registry, `key` a random key or a reference.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(_("when"), db_index=True)
    actor = models.CharField(_("who"), max_length=10, choices=Actor)
    operator = models.ForeignKey(Operator, models.SET_NULL, null=True, related_name="+", verbose_name=_("operator"))
    act = models.CharField(_("what"), max_length=15, choices=Act)
    kind = models.CharField(_("kind"), max_length=100, blank=True)
    key = models.CharField(_("key"), max_length=100, blank=True)
    reason = models.CharField(_("reason"), max_length=10, choices=LookReason.choices + DeleteReason.choices, blank=True)

    class Meta:
        verbose_name = _("audit trail")
        verbose_name_plural = _("audit trail")
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.get_act_display()


class KnownBrowserQuerySet(models.QuerySet["KnownBrowser"]):
    def forgotten(self, today: date) -> Self:
        """Those that nobody has signed in from for so long that their cookie is gone."""
        return self.filter(last_seen_on__lt=today - retention.KNOWN_BROWSERS)


class KnownBrowser(models.Model):
    """A browser that an operator has signed in from: the digest of the random value in its cookie, and two days."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    operator = models.ForeignKey(Operator, models.CASCADE, related_name="known_browsers")
    digest = models.CharField(max_length=64)
    first_seen_on = models.DateField()
    last_seen_on = models.DateField()

    objects = KnownBrowserQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("operator", "digest", name="one_row_of_browser_and_operator")]

    def __str__(self) -> str:
        return str(self.id)


class ClockMark(models.Model):
    """The newest time known to be true: one row, which `monitoring.clock` alone writes."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    newest = models.DateTimeField(_("newest time known to be true"))
    ahead_noted = models.PositiveIntegerField(_("rows dated ahead that the operator knows of"), default=0)

    class Meta:
        verbose_name = _("mark of the clock")
        verbose_name_plural = _("marks of the clock")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_mark_of_the_clock")]

    def __str__(self) -> str:
        return self.newest.isoformat()


class SoundedAlarm(models.Model):
    """An alarm that ALARM_COMMAND was given; the row goes when the alarm has ended."""

    code = models.CharField(primary_key=True, max_length=100)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


class AnsweredForm(models.Model):
    """A form of the cockpit that was carried out; see `cockpit.idempotency`. Digests, and where its answer led."""

    key = models.CharField(primary_key=True, max_length=64)
    content_digest = models.CharField(max_length=64)
    answer = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.answer
