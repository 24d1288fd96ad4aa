"""What the notice says of the ground itself: who is responsible, holdings, form, log, limits, backups."""

from collections.abc import Iterator

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sitebackend import retention, throttle
from sitebackend.models import SiteSettings
from sitebackend.privacy.notice.services import Section, Table, facts
from sitebackend.privacy.registry import Description, Text, sources


def days(number: int) -> str:
    return ngettext("%(number)d day", "%(number)d days", number) % {"number": number}


@facts(order=10)
def responsible() -> Iterator[Section]:
    site = SiteSettings.current()
    lines = [site.business_name, site.owner, site.street, f"{site.postal_code} {site.city}".strip(), site.country]
    paragraphs = [", ".join(dict.fromkeys(line for line in lines if line)), site.email, site.phone]
    yield Section(name="controller", title=_("Who is responsible"), paragraphs=[line for line in paragraphs if line])


@facts(order=20)
def contact_form() -> Iterator[Section]:
    required = settings.CONTACT_REQUIRED_FIELDS
    labels = _form_fields()
    yield Section(
        name="form",
        title=_("The contact form in detail"),
        paragraphs=[_mail(), *_acknowledgement(), retention.of_messages()],
        tables=[
            Table(
                caption=_("Fields of the contact form"),
                columns=[_("Field"), _("Is it needed?")],
                rows=[
                    [label, _("needed to send the form") if field in required else _("voluntary")]
                    for field, label in labels.items()
                ],
            )
        ],
    )


def _form_fields() -> dict[str, str]:
    labels = {
        "name": _("Name"),
        "street": _("Street and number"),
        "postal_code": _("Postal code"),
        "city": _("City"),
        "phone": _("Telephone"),
        "email": _("E-mail address"),
        "message": _("Message"),
    }
    return {field: labels[field] for field in settings.CONTACT_FIELDS}


def _acknowledgement() -> Iterator[str]:
    if settings.CONTACT_ACKNOWLEDGE == "yes":
        yield _(
            "You may get a short e-mail with the reference of your message. Nothing of what you wrote stands in it; "
            "until it has gone out, for a day at most, your address waits encrypted on the server."
        )


def _mail() -> str:
    return {
        "plain": _(
            "The form travels encrypted (https) to the server; from there an ordinary, unencrypted e-mail with "
            "what you wrote goes to us. It is stored permanently encrypted (OpenPGP)."
        ),
        "pgp": _(
            "The form travels encrypted (https) to the server; from there it goes to us as an encrypted e-mail "
            "(OpenPGP). It is stored permanently encrypted as well."
        ),
        "notice": _(
            "The form travels encrypted (https) to the server and is stored there, permanently encrypted "
            "(OpenPGP). The e-mail to us only says that a message is waiting."
        ),
    }[settings.CONTACT_MAIL]


@facts(order=30)
def holdings() -> Iterator[Section]:
    yield Section(
        name="holdings",
        title=_("What is stored about people"),
        tables=[_holding(source.describe()) for source in sources()],
    )


@facts(order=35)
def rights() -> Iterator[Section]:
    """Art. 13(2)(b) to (d) GDPR."""
    yield Section(
        name="rights",
        title=_("Your rights"),
        paragraphs=[
            _(
                "You may ask at any time what is stored about you and get a copy of it (Art. 15 GDPR), have it "
                "corrected (Art. 16), erased (Art. 17) or restricted (Art. 18), receive it in a machine-readable "
                "format (Art. 20) and object to its use (Art. 21). A consent can be withdrawn at any time, for the "
                "future (Art. 7(3))."
            ),
            _("An e-mail, a call or a letter in your own words will do, and so will this form:"),
            f"{settings.SITE_URL}{reverse('privacy:request')}",
            SiteSettings.current().where_to_complain(),
        ],
    )


def _holding(description: Description) -> Table:
    rows: list[tuple[Text, Text]] = [
        (_("Data"), _listed(description.categories)),
        (_("Purposes"), _listed(description.purposes)),
        (_("Legal basis"), description.legal_basis),
        (_("Recipients"), _listed(description.recipients)),
        (_("Kept for"), description.retention),
        (_("Source"), description.origin),
        (_("Where"), description.location),
    ]
    return Table(caption=description.title, columns=[_("What"), _("Detail")], rows=rows)


def _listed(texts: tuple[Text, ...]) -> str:
    return "; ".join(str(text) for text in texts)


@facts(order=50)
def logs() -> Iterator[Section]:
    yield Section(
        name="logs",
        title=_("Who keeps an access log"),
        paragraphs=[
            _(
                "This website's own software neither logs nor stores addresses (IP addresses) or browser "
                "identifications."
            ),
            _access_log(),
            _(
                "So that nobody floods the forms, requests are counted per network, under a digest that changes every "
                "day. It lives in the cache for %(hours)d hours at most and cannot be turned back into an address."
            )
            % {"hours": -(-throttle.DAY // 3600)},
        ],
    )


def _access_log() -> str:
    return {
        "none": _("No access log is kept."),
        "provider": _(
            "The web server of the hosting provider, in front of it, may log addresses. We have no access to that "
            "log and do not use it."
        ),
        "own": _(
            "Our own web server, in front of it, logs requests with their addresses, so that attacks and faults can "
            "be traced. The legal basis is Art. 6(1)(f) GDPR."
        ),
    }[settings.ACCESS_LOG]


@facts(order=60)
def backups() -> Iterator[Section]:
    yield Section(
        name="backups",
        title=_("Backups"),
        paragraphs=[
            _(
                "Backups are encrypted. The oldest is %(days)s old at most: what was deleted here is gone from the "
                "last backup after that time too. A restored backup deletes again what had been deleted before."
            )
            % {"days": days(settings.BACKUP_MAX_AGE_DAYS)}
        ],
    )
