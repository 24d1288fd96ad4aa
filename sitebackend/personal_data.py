"""What the ground itself keeps on people: the operators' own accounts, and the business data that the site shows.

The framework's tables without a person in them are listed at the end, each with its reason.
"""

from collections.abc import Iterable
from uuid import UUID

from axes.models import AccessAttempt, AccessAttemptExpiration, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from sitebackend.crypto import lookup
from sitebackend.models import (
    AnsweredForm,
    ClockMark,
    DatabaseHome,
    Event,
    KnownBrowser,
    Operator,
    SiteSettings,
    SoundedAlarm,
    WorkerJob,
)
from sitebackend.privacy.registry import (
    Action,
    DataSubject,
    Description,
    Export,
    Item,
    PersonalDataSource,
    PersonRecord,
    Step,
    Text,
    holds_no_personal_data,
    register,
)
from sitebackend.privacy.versions import version_of
from sitebackend.vault.models import KeySlot, UnlockAttempt, UnlockSession, Vault, VaultEvent


@register
class Operators(PersonalDataSource):
    """Accounts of those who run the site. Only a stored e-mail address leads to one: a name alone is too little."""

    name = "sitebackend.operators"
    concerns_the_public = False
    models = {
        Operator: ("username", "first_name", "last_name", "email", "password", "last_login", "date_joined"),
        LogEntry: ("user", "action_time", "object_id", "object_repr", "action_flag", "change_message"),
        Session: ("session_key", "session_data", "expire_date"),
        TOTPDevice: ("user", "key", "last_t", "last_used_at", "created_at", "throttling_failure_timestamp"),
        StaticDevice: ("user", "last_used_at", "created_at", "throttling_failure_timestamp"),
        StaticToken: ("device", "token"),
        UnlockSession: ("operator", "password_digest", "unlocked_at", "last_used_at"),
        VaultEvent: ("operator", "kind", "at", "holding"),
        Event: ("operator", "actor", "at", "act", "kind", "key", "reason"),
        KnownBrowser: ("operator", "digest", "first_seen_on", "last_seen_on"),
    }

    def describe(self) -> Description:
        return Description(
            title=_("Operators' accounts"),
            persons=(_("operators of the site"),),
            categories=(_("name, e-mail address, password digest, second factor"), _("times and kinds of own actions")),
            purposes=(_("keeping strangers out of the site's administration, and knowing who did what"),),
            legal_basis=_("Art. 6(1)(f) GDPR: a site that is administered safely"),
            recipients=(_("nobody"),),
            retention=_("as long as the account exists; its actions until the end of the following calendar year"),
            origin=_("from the operator"),
            location=_("database of this site"),
        )

    def find(self, subject: DataSubject) -> Iterable[Item]:
        return [self._item(operator) for operator in _accounts(subject)]

    def persons(self, subject: DataSubject) -> Iterable[PersonRecord]:
        for operator in _accounts(subject):
            yield PersonRecord(
                key=str(operator.pk),
                kind=_("Account of an operator"),
                number=operator.username,
                name=operator.get_full_name(),
                names=frozenset({lookup.name(operator.get_full_name())} - {""}),
                emails=frozenset({lookup.email(operator.email)} - {""}),
                at=operator.date_joined,
            )

    def export(self, subject: DataSubject) -> Iterable[Export]:
        return [Export(item=self._item(operator), values=_account(operator)) for operator in _accounts(subject)]

    def plan(self, subject: DataSubject) -> Iterable[Step]:
        held = Operator.objects.filter(pk__in=[operator.pk for operator in _accounts(subject)])
        if held:
            yield _stays(
                self.name,
                rows=tuple(operator.pk for operator in held),
                version=version_of(held),
                law=_("Art. 17(1)(a) GDPR: still needed"),
                reason=_("An account is closed in the administration, by another operator, and not by a request."),
            )

    def _item(self, operator: Operator) -> Item:
        return Item(
            source=self.name,
            identifier=str(operator.pk),
            title=_("Account of an operator"),
            recorded_at=operator.date_joined,
            matched_by=("email",),
        )


def _accounts(subject: DataSubject) -> list[Operator]:
    return [operator for operator in Operator.with_email(subject.email) if subject.means(operator.pk)]


def _account(operator: Operator) -> dict[str, object]:
    fields = ("username", "first_name", "last_name", "email", "date_joined", "last_login")
    actions = LogEntry.objects.filter(user=operator).order_by("action_time")
    events = Event.objects.filter(operator=operator).order_by("at")
    return {
        **{label(Operator, name): getattr(operator, name) for name in fields},
        str(_("second factors")): [_device(device) for device in _devices(operator)],
        str(_("vault")): [
            f"{event.at:%Y-%m-%d %H:%M} UTC: {event} {event.holding}".strip()
            for event in VaultEvent.objects.filter(operator=operator).order_by("at")
        ],
        str(_("vault open since")): [
            f"{opened.unlocked_at:%Y-%m-%d %H:%M} UTC" for opened in UnlockSession.objects.filter(operator=operator)
        ],
        str(_("known browsers")): [
            f"{browser.first_seen_on} – {browser.last_seen_on}" for browser in operator.known_browsers.all()
        ],
        str(_("actions")): [f"{entry.action_time:%Y-%m-%d %H:%M} UTC: {entry.object_repr}" for entry in actions],
        str(_("other events")): [
            f"{event.at:%Y-%m-%d %H:%M} UTC: {event} {event.get_reason_display()}".strip() for event in events
        ],
    }


def _devices(operator: Operator) -> list[TOTPDevice | StaticDevice]:
    return [*TOTPDevice.objects.filter(user=operator), *StaticDevice.objects.filter(user=operator)]


def _device(device: TOTPDevice | StaticDevice) -> str:
    """Which kind and since when; never what it opens with."""
    kind = str(_("app")) if isinstance(device, TOTPDevice) else str(_("one-time codes"))
    since = f"{device.created_at:%Y-%m-%d}" if device.created_at else "–"
    return f"{kind}, {since}"


def label(model: type[Model], field: str) -> str:
    """The words that a person reads for a model's field."""
    return str(getattr(model._meta.get_field(field), "verbose_name", field))


@register
class BusinessData(PersonalDataSource):
    """The one row that header, imprint and letters share. It names the owner, as the law asks (§ 5 DDG)."""

    name = "sitebackend.site_settings"
    concerns_the_public = False
    FIELDS = ("business_name", "owner", "street", "postal_code", "city", "country", "phone", "email", "vat_number")
    OWNER = str(UUID(int=1))  #: there is one
    models = {SiteSettings: FIELDS}

    def describe(self) -> Description:
        return Description(
            title=_("Business data of the site"),
            persons=(_("owner of the business"),),
            categories=(_("name, address, telephone, e-mail address and VAT number of the owner"),),
            purposes=(_("imprint, contact page and letters"),),
            legal_basis=_("Art. 6(1)(c) GDPR with § 5 DDG: the duty to give an imprint"),
            recipients=(_("the public: it stands on the site"),),
            retention=_("as long as the site exists"),
            origin=_("from the operator"),
            location=_("database of this site"),
        )

    def find(self, subject: DataSubject) -> Iterable[Item]:
        matched = _matched(SiteSettings.current(), subject)
        return [self._item(matched)] if matched and subject.means(self.OWNER) else []

    def persons(self, subject: DataSubject) -> Iterable[PersonRecord]:
        if list(self.find(subject)):
            site = SiteSettings.current()
            yield PersonRecord(
                key=self.OWNER,
                kind=_("Owner of the business"),
                name=site.owner,
                names=frozenset({lookup.name(site.owner)} - {""}),
                places=frozenset({lookup.name_and_postal_code(site.owner, site.postal_code)} - {""}),
                emails=frozenset({lookup.email(site.email)} - {""}),
                phones=frozenset({lookup.phone(site.phone)} - {""}),
            )

    def export(self, subject: DataSubject) -> Iterable[Export]:
        site = SiteSettings.current()
        values = {label(SiteSettings, name): getattr(site, name) for name in self.FIELDS}
        return [Export(item=item, values=values) for item in self.find(subject)]

    def plan(self, subject: DataSubject) -> Iterable[Step]:
        if list(self.find(subject)):
            yield _stays(
                self.name,
                rows=(UUID(int=SiteSettings.current().pk),),
                version=version_of(SiteSettings.objects.all()),
                law=_("Art. 17(3)(b) GDPR with § 5 DDG"),
                reason=_("The imprint must name the owner as long as the site exists."),
            )

    def _item(self, matched: tuple[str, ...]) -> Item:
        title = _("Business data of the site")
        return Item(
            source=self.name,
            identifier="1",
            title=title,
            recorded_at=timezone.now(),
            matched_by=matched,
            person=self.OWNER,
        )


def _matched(site: SiteSettings, subject: DataSubject) -> tuple[str, ...]:
    pairs = {
        "email": (lookup.email(site.email), lookup.email(subject.email)),
        "phone": (lookup.phone(site.phone), lookup.phone(subject.phone)),
        "name": (
            lookup.name_and_postal_code(site.owner, site.postal_code),
            lookup.name_and_postal_code(subject.name, subject.postal_code),
        ),
    }
    return tuple(statement for statement, (held, said) in pairs.items() if said and held == said)


def _stays(source: str, *, rows: tuple[UUID, ...], version: str, law: Text, reason: Text) -> Step:
    return Step(source=source, action=Action.RETAIN, rows=rows, version=version, law=law, reason=reason)


_RIGHTS = "what an account may do"
_COUNTER = "a counter or number that the second factor needs"
_NEVER_WRITTEN = "never written: failed logins are counted in the cache, as digests (AXES_HANDLER)"
_STRUCTURE = "Django's own table of kinds and rights"

holds_no_personal_data(
    Operator, is_superuser=_RIGHTS, is_staff=_RIGHTS, is_active=_RIGHTS, groups=_RIGHTS, user_permissions=_RIGHTS
)
holds_no_personal_data(
    SiteSettings,
    id="always 1",
    claim="a slogan",
    federal_state="a state, for its public holidays",
    supervisory_authority="a public body",
    **dict.fromkeys(("hosting_provider", "mail_provider", "backup_provider", "further_providers"), "firms"),
    **dict.fromkeys(("hosting_contract_on", "mail_contract_on", "backup_contract_on"), "day of a contract with a firm"),
    third_countries="countries",
    opening_hours="hours of the business",
    logo="a picture of the site",
    brand_colour="a colour",
    accent_colour="a colour",
)
_KEY = "a key, sealed or public, of nobody's"
_SLOT = "how a key slot is opened"
_LOCK = "which lock: vault or messages"
holds_no_personal_data(
    Vault, id="1 or 2", lock=_LOCK, public_key=_KEY, sealed_private_key=_KEY, made_at="a time", rotated_at="a time"
)
holds_no_personal_data(
    KeySlot,
    vault=_LOCK,
    sealed_key=_KEY,
    **dict.fromkeys(("kind", "salt", "memory_kib", "iterations", "lanes", "made_at", "confirmed_at"), _SLOT),
)
holds_no_personal_data(UnlockSession, lock=_LOCK, sealed_key=_KEY)
holds_no_personal_data(UnlockAttempt, lock=_LOCK, tried_at="a time; says not whose")
holds_no_personal_data(VaultEvent, lock=_LOCK)
_RUN = "how a job of the worker went"
holds_no_personal_data(WorkerJob, name=_RUN, last_run=_RUN, failure=_RUN, failing_since=_RUN)
holds_no_personal_data(
    DatabaseHome,
    id="always 1",
    node="a random name",
    place="a digest of a place on a disk",
    is_served="yes or no",
    since="a time",
)
holds_no_personal_data(ClockMark, id="always 1", newest="a time of ours", ahead_noted="a number")
holds_no_personal_data(SoundedAlarm, code="a fixed word", at="a time of ours")
_ANSWERED = "a digest under a random token that is kept nowhere"
holds_no_personal_data(
    AnsweredForm,
    key=_ANSWERED,
    content_digest=_ANSWERED,
    answer="an address of the cockpit, with random keys",
    at="a time",
)
holds_no_personal_data(LogEntry, content_type="which kind of row")
holds_no_personal_data(
    TOTPDevice,
    name="a fixed word",
    confirmed=_COUNTER,
    throttling_failure_count=_COUNTER,
    step=_COUNTER,
    t0=_COUNTER,
    digits=_COUNTER,
    tolerance=_COUNTER,
    drift=_COUNTER,
)
holds_no_personal_data(StaticDevice, name="a fixed word", confirmed=_COUNTER, throttling_failure_count=_COUNTER)
holds_no_personal_data(Group, name="a role", permissions=_RIGHTS)
holds_no_personal_data(Permission, name=_STRUCTURE, content_type=_STRUCTURE, codename=_STRUCTURE)
holds_no_personal_data(ContentType, app_label=_STRUCTURE, model=_STRUCTURE)
for _model in (AccessAttempt, AccessAttemptExpiration, AccessFailureLog, AccessLog):
    holds_no_personal_data(
        _model, **{field.name: _NEVER_WRITTEN for field in _model._meta.fields if field.name != "id"}
    )
