"""What the privacy notice says of cookies and external hosts: what the choices page shows, and nothing else."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent import offer as offers
from consent.own_cookies import hours
from sitebackend.privacy.notice.services import Named, Section, Sentence, Table, facts, names


@facts(order=40)
def cookies() -> Iterator[Section]:
    groups = offers.current().in_language(get_language())["groups"]
    tables = [_cookies(group) for group in groups if group["cookies"]] + [
        _hosts(group) for group in groups if group["hosts"]
    ]
    yield Section(
        name="cookies",
        title=_("Cookies and external content in detail"),
        paragraphs=[list(_choice())],
        tables=tables,
    )


def _choice() -> Iterator[Sentence]:
    yield Sentence("cookies.none_before", _("Until you have decided something, this website sets no cookie at all."))
    yield Sentence(
        "cookies.choice",
        _(
            "Your decision stays in a cookie on your device for %(hours)s (§ 25(2) No. 2 TDDDG); it holds no personal "
            "data, and you can delete it at any time."
        )
        % {"hours": hours(settings.COOKIE_CONSENT_MAX_AGE)},
    )
    yield Sentence(
        "cookies.counts",
        _(
            "We keep no record of who decided: only how often a decision was made on a day, and every wording of the "
            "question with its dates."
        ),
    )


@names
def named() -> Named:
    groups = offers.current().content[settings.LANGUAGE_CODE]["groups"]
    return Named(
        cookies=frozenset(cookie["name"] for group in groups for cookie in group["cookies"]),
        hosts=frozenset(host["host"] for group in groups for host in group["hosts"]),
    )


def _cookies(group: dict[str, Any]) -> Table:
    lines = group["cookies"]
    return Table(
        fact="cookies.table",
        caption=_("Cookies: %(group)s") % {"group": group["name"]},
        columns=[_("Cookie"), _("Purpose"), _("Lifetime")],
        rows=[
            [line["name"], line["purpose"] or group["purpose"], line["lifetime"] or group["lifetime"]] for line in lines
        ],
    )


def _hosts(group: dict[str, Any]) -> Table:
    return Table(
        fact="cookies.hosts",
        caption=_("External hosts: %(group)s") % {"group": group["name"]},
        columns=[_("Host"), _("Provider"), _("Privacy notice of the provider")],
        rows=[[host["host"], host["provider"], host["privacy_url"]] for host in group["hosts"]],
    )
