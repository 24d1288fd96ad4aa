"""What the notice says of those who receive data, and of the backups, which may lie with one of them."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from sitebackend import retention
from sitebackend.privacy import service_providers
from sitebackend.privacy.notice.services import Section, Sentence, facts, named


@facts(order=45)
def recipients() -> Iterator[Section]:
    """Art. 13(1)(e) and (f) GDPR."""
    yield Section(
        name="recipients",
        title=_("Who receives data"),
        paragraphs=[[_nobody_else()], *_providers(), list(_external())],
    )


def _nobody_else() -> Sentence:
    return Sentence(
        "recipients.nobody_else",
        _("We sell no data and pass them on only where a law obliges us or the holdings below name a recipient."),
    )


def _providers() -> Iterator[list[Sentence]]:
    """Each in a line of its own; nothing if nobody works for us."""
    if found := service_providers.in_use():
        lines = [Sentence("recipients.providers", f"\n– {provider}") for provider in found]
        yield [Sentence("recipients.intro", _("These service providers work for us:")), *lines]
        yield [_third_countries()]


def _third_countries() -> Sentence:
    where = service_providers.abroad()
    if where is None:
        said = _("Whether one of them keeps data outside the European Economic Area, we tell you on request.")
    elif where:
        said = _("Outside the European Economic Area data are kept here: {where}").format(where=where)
    else:
        said = _("None of them keeps data outside the European Economic Area.")
    return Sentence("recipients.third_countries", said)


def _external() -> Iterator[Sentence]:
    if named().hosts:
        yield Sentence(
            "recipients.external",
            _(
                "Providers of external content receive your address (IP address) only once you have agreed to them "
                "(Art. 6(1)(a) GDPR, § 25(1) TDDDG); under “Cookies and external content” it stands who they are, and "
                "where."
            ),
        )


@facts(order=50)
def backups() -> Iterator[Section]:
    yield Section(name="backups", title=_("Backups"), paragraphs=[list(_backups())])


def _backups() -> Iterator[Sentence]:
    if not (settings.BACKUP_TARGETS or settings.BACKUP_UPLOAD_COMMAND):
        yield Sentence("backups.none", _("No backups are made at present."))
        return
    yield Sentence("backups.encrypted", _("Backups are encrypted so that only our own key opens them."))
    if settings.BACKUP_TARGETS:
        yield Sentence(
            "backups.age",
            _(
                "On our own media each is deleted after %(days)s, or, if the medium is not connected then, as soon as "
                "it is again; the newest stays until there is a newer one. What was deleted here is then gone from "
                "these backups too."
            )
            % {"days": retention.days(settings.BACKUP_MAX_AGE_DAYS)},
        )
    if settings.BACKUP_UPLOAD_COMMAND:
        yield Sentence(
            "backups.uploaded",
            _("Copies also lie with a storage provider, where they go after the period that is set there."),
        )
    yield Sentence("backups.restore", _("A restored backup deletes again what had been deleted before."))
