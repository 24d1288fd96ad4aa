"""What the notice says of the ground: who is responsible, visit, forms, rights, holdings."""

from collections.abc import Iterator

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from sitebackend import retention, throttle
from sitebackend.formats.periods import spell_out
from sitebackend.models import SiteSettings
from sitebackend.privacy.notice.services import Section, Sentence, Table, facts
from sitebackend.privacy.registry import PersonalDataSource, Text, sources


@facts(order=10)
def responsible() -> Iterator[Section]:
    site = SiteSettings.current()
    lines = [site.business_name, site.owner, site.street, f"{site.postal_code} {site.city}".strip(), site.country]
    told = [", ".join(dict.fromkeys(line for line in lines if line)), site.email, site.phone]
    yield Section(
        name="controller",
        title=_("Who is responsible"),
        paragraphs=[[Sentence("controller", "\n".join(line for line in told if line))]],
    )


@facts(order=12)
def principles() -> Iterator[Section]:
    """Art. 5(1) GDPR."""
    yield Section(
        name="principles",
        title=_("What we keep to"),
        paragraphs=[
            [
                Sentence(
                    "principles",
                    _(
                        "We ask only for what is needed (data minimisation), use it only for the purposes named here "
                        "(purpose limitation), keep it correct (accuracy) and guard it against loss and against the "
                        "eyes of others (security)."
                    ),
                )
            ]
        ],
    )


@facts(order=14)
def visit() -> Iterator[Section]:
    yield Section(
        name="logs",
        title=_("Visiting this website"),
        paragraphs=[list(_what_a_visit_tells()), [*_addresses(), _access_log()], [_digest()]],
    )


def _what_a_visit_tells() -> Iterator[Sentence]:
    yield Sentence(
        "visit.forms",
        _(
            "You can use the whole website without telling anything about yourself. Only two forms ask for data: the "
            "contact form and the form for requests about your data. Both are voluntary."
        ),
    )
    yield Sentence(
        "visit.nothing_external",
        _(
            "We do not measure visits. Nothing is loaded from other servers unless you have agreed; fonts, pictures "
            "and scripts come from this website itself."
        ),
    )


def _addresses() -> Iterator[Sentence]:
    yield Sentence(
        "visit.address",
        _(
            "For a page to reach you, your browser tells your address (IP address) to the server; the legal basis is "
            "Art. 6(1)(f) GDPR, our interest in showing the website."
        ),
    )
    yield Sentence(
        "visit.no_log",
        _("This website's own software neither logs nor stores addresses (IP addresses) or browser identifications."),
    )


def _access_log() -> Sentence:
    said = {
        "none": _("No access log is kept."),
        "provider": _(
            "The web server of the hosting provider, in front of it, may log addresses. We have no access to that "
            "log and do not use it."
        ),
        "own": _(
            "Our own web server, in front of it, logs requests with their addresses, so that attacks and faults can "
            "be traced (Art. 6(1)(f) GDPR). The log stays for %(days)s and is then deleted."
        )
        % {"days": retention.days(settings.ACCESS_LOG_DAYS)},
    }
    return Sentence("visit.access_log", said[settings.ACCESS_LOG])


def _digest() -> Sentence:
    return Sentence(
        "visit.digest",
        _(
            "So that nobody floods the forms, requests are counted per network, under a digest with a key that changes "
            "every day. Digest and key live in the cache for %(hours)d hours at most. Until then a known address could "
            "be compared with the digest; afterwards it leads to nobody."
        )
        % {"hours": -(-throttle.DAY // 3600)},
    )


@facts(order=20)
def contact_form() -> Iterator[Section]:
    yield Section(
        name="form",
        title=_("Contact form"),
        paragraphs=[
            [
                Sentence(
                    "form.purpose",
                    _(
                        "What you enter in the contact form is used to deal with your matter and to answer you "
                        "(Art. 6(1)(b) GDPR, otherwise (f): our interest in answering those who write)."
                    ),
                ),
                Sentence("form.other_ways", _("An e-mail to the address above will do as well.")),
            ],
            [Sentence("form.mail", _mail()), *_reply_address(), _suspects(), *_acknowledgement()],
            [Sentence("form.period", retention.of_messages()), _withdrawal()],
        ],
        tables=[_fields()],
    )


def _withdrawal() -> Sentence:
    return Sentence(
        "form.withdrawal",
        _(
            "For {period} after sending you can take a message back, on the page that thanks for it. It is then "
            "deleted here, and a mail with it that still waits is not sent."
        ).format(period=spell_out(retention.TAKEN_BACK_WITHIN)),
    )


def _fields() -> Table:
    required = settings.CONTACT_REQUIRED_FIELDS
    return Table(
        fact="form.fields",
        caption=_("Fields of the contact form"),
        columns=[_("Field"), _("Is it needed?")],
        rows=[
            [label, _("required field") if field in required else _("voluntary")]
            for field, label in _form_fields().items()
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


def _acknowledgement() -> Iterator[Sentence]:
    if settings.CONTACT_ACKNOWLEDGE == "yes":
        yield Sentence(
            "form.acknowledgement",
            _(
                "As a rule you get a short acknowledgement by e-mail with the reference of your message. Nothing of "
                "what you wrote stands in it; until it has gone out, for {period} at most, your address waits "
                "encrypted on the server."
            ).format(period=retention.days(retention.ACKNOWLEDGEMENT_WAITS.days)),
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


def _reply_address() -> Iterator[Sentence]:
    """Where the sender's address stands beside the encrypted message; nothing where no mail carries the message."""
    if settings.CONTACT_MAIL == "notice":
        return
    if settings.CONTACT_REPLY_TO == "inside":
        if settings.CONTACT_MAIL == "pgp":
            yield Sentence("form.reply_to", _("Your e-mail address stands in the encrypted part of the e-mail only."))
        return
    kept = _(
        "as long as your message is here, the address for our answer lies beside it, encrypted with a key that the "
        "server has itself."
    )
    if settings.CONTACT_MAIL == "pgp":
        words = _("So that we can simply answer, your e-mail address stands readable in the head of the e-mail; {kept}")
    else:
        words = _(
            "An e-mail that is sent once more may be an encrypted one, with your address readable in its head; {kept}"
        )
    yield Sentence("form.reply_to", words.format(kept=kept))


def _suspects() -> Sentence:
    return Sentence(
        "form.suspects",
        _(
            "What looks like advertising is not mailed: it waits on the server, encrypted as well, and an e-mail that "
            "holds nothing of it tells us that it is there."
        ),
    )


@facts(order=22)
def request_form() -> Iterator[Section]:
    yield Section(
        name="requests",
        title=_("Form for requests about your data"),
        paragraphs=[
            [
                Sentence(
                    "requests.fields",
                    _(
                        "It asks what you want, for your name and your e-mail address; a customer number or reference "
                        "and a message are voluntary. Without name and address we could not find your data and not "
                        "answer you."
                    ),
                ),
                Sentence("requests.basis", _("The legal basis is our duty to answer (Art. 6(1)(c) GDPR).")),
                Sentence("requests.period", retention.of_requests()),
            ]
        ],
    )


@facts(order=60)
def rights() -> Iterator[Section]:
    """Art. 13(2)(b) and (c) GDPR."""
    yield Section(
        name="rights",
        title=_("Your rights"),
        paragraphs=[
            [
                Sentence(
                    "rights.list",
                    _(
                        "You may ask at any time what is stored about you and get a copy of it (Art. 15 GDPR), have it "
                        "corrected (Art. 16), erased (Art. 17) or restricted (Art. 18), and receive it in a "
                        "machine-readable format (Art. 20). A consent can be withdrawn at any time, for the future "
                        "(Art. 7(3))."
                    ),
                )
            ],
            [
                Sentence(
                    "rights.form",
                    _("An e-mail, a call or a letter in your own words will do, and so will this form: {url}").format(
                        url=f"{settings.SITE_URL}{reverse('privacy:request')}"
                    ),
                )
            ],
            [*_deadline(), *_deletion()],
        ],
    )


def _deadline() -> Iterator[Sentence]:
    """Art. 12(3) GDPR."""
    yield Sentence(
        "rights.deadline",
        _(
            "We answer without delay, at the latest within one month. If a request is complex, it may take two more "
            "months; then we tell you so within the first, with the reason."
        ),
    )


def _deletion() -> Iterator[Sentence]:
    yield Sentence(
        "rights.deletion",
        _(
            "For a deletion an informal objection is enough; afterwards we delete the objection itself too. What a law "
            "obliges us to keep stays for that duty alone; our answer names it, with the reason and the date."
        ),
    )


@facts(order=62)
def objection() -> Iterator[Section]:
    """Art. 21(4) GDPR: apart from everything else."""
    yield Section(
        name="objection",
        title=_("Your right to object (Art. 21 GDPR)"),
        paragraphs=[
            [
                Sentence(
                    "objection",
                    _(
                        "Where we use data on the ground of our legitimate interests (Art. 6(1)(f) GDPR), you may "
                        "object at any time, for reasons that arise from your particular situation. We then stop, "
                        "unless compelling reasons outweigh yours or claims are in dispute."
                    ),
                ),
                Sentence(
                    "objection.contact",
                    _("To being contacted for advertising you may object at any time, without a reason."),
                ),
            ]
        ],
    )


@facts(order=64)
def complaint() -> Iterator[Section]:
    """Art. 13(2)(d) GDPR."""
    yield Section(
        name="complaint",
        title=_("Complaint to the supervisory authority"),
        paragraphs=[[Sentence("complaint", SiteSettings.current().where_to_complain())]],
    )


@facts(order=80)
def holdings() -> Iterator[Section]:
    """All of those who come from outside: what the site holds on its own operators is their own affair."""
    yield Section(
        name="holdings",
        title=_("What is stored about people, in detail"),
        tables=[_holding(source) for source in sources() if source.concerns_the_public],
    )


def _holding(source: PersonalDataSource) -> Table:
    description = source.describe()
    rows: list[tuple[Text, Text]] = [
        (_("Data"), _listed(description.categories)),
        (_("Purposes"), _listed(description.purposes)),
        (_("Legal basis"), description.legal_basis),
        (_("Recipients"), _listed(description.recipients)),
        (_("Kept for"), description.retention),
        (_("Source"), description.origin),
        (_("Where"), description.location),
    ]
    return Table(fact=source.name, caption=description.title, columns=[_("What"), _("Detail")], rows=rows)


def _listed(texts: tuple[Text, ...]) -> str:
    return "; ".join(str(text) for text in texts)
