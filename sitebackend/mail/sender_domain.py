"""Whether mail from the sender's domain holds before those who check it: SPF (RFC 7208) and DMARC (RFC 7489).

What must never happen: a machine is asked that the operator has not asked about, or more is told than the records say.
So this runs when the operator presses for it and at no other time, asks this machine's own name servers and nobody
else, and calls unchecked what did not answer. Which machine a provider's mail leaves from, only the provider knows:
what is judged is the mail server that the settings name.
"""

from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import dns.exception
import dns.name
import dns.resolver
from django.utils.translation import gettext as _

SECONDS = 3.0  # for one question
MOST_QUESTIONS = 10  # RFC 7208, 4.6.4
_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
Address = IPv4Address | IPv6Address


class _Unchecked(Exception):
    """The name servers do not answer, or the record cannot be judged from here."""


def weaknesses(sender: str, mail_host: str) -> list[str]:
    """What receivers may hold against mail of this sender by way of this server, in words; empty: nothing."""
    domain = parseaddr(sender)[1].rpartition("@")[2].lower()
    try:
        return _weaknesses(domain, mail_host, _Records())
    except (_Unchecked, ValueError):  # a record that is none
        words = _("SPF and DMARC of {domain} could not be checked: the name servers did not answer, or not all of it.")
        return [words.format(domain=domain)]


def _weaknesses(domain: str, mail_host: str, records: "_Records") -> list[str]:
    spf = records.spf(domain)
    if len(spf) > 1:
        words = _("{domain} has {count} SPF records, and may have one: receivers take none of them to be right.")
        found = [words.format(domain=domain, count=len(spf))]
    elif not spf:
        found = [_("{domain} has no SPF record: many receivers distrust its mail, or refuse it.").format(domain=domain)]
    elif spf[0].lower().split() == ["v=spf1", "-all"]:
        found = [_("{domain} says by SPF that it sends no mail at all.").format(domain=domain)]
    else:
        found = _named(domain, mail_host, records)
    policy = records.dmarc_policy(domain) if found else ""
    if policy in ("quarantine", "reject"):
        words = _(
            "DMARC of {domain} asks receivers for “{policy}”: such mail arrives only if your provider signs it for "
            "{domain} (DKIM)."
        )
        found.append(words.format(domain=domain, policy=policy))
    return found


def _named(domain: str, mail_host: str, records: "_Records") -> list[str]:
    """Nothing, if SPF names the server; mail that goes by this machine itself leaves from an address unknown here."""
    addresses = [address for address in records.addresses(mail_host) if not address.is_loopback]
    results = {_evaluate(domain, address, records) for address in addresses}
    if not addresses or results == {"pass"}:
        return []
    words = _(
        "SPF of {domain} does not name {server} ({result}). If your provider's mail leaves from there, receivers may "
        "refuse it: ask the provider for the line that belongs into the record."
    )
    return [words.format(domain=domain, server=mail_host, result=", ".join(sorted(results)))]


def _evaluate(domain: str, address: Address, records: "_Records") -> str:
    """RFC 7208, 4.6: the first mechanism that matches decides; without one, the record that it is redirected to."""
    record = records.spf(domain)
    if len(record) != 1:
        return "none"
    redirect = ""
    for term in record[0].split()[1:]:
        qualifier, mechanism = (term[0], term[1:]) if term[0] in _RESULTS else ("+", term)
        if mechanism.lower().startswith("redirect="):
            redirect = mechanism.partition("=")[2]
        elif _matches(mechanism, domain, address, records):
            return _RESULTS[qualifier]
    return _evaluate(redirect, address, records) if redirect else "neutral"


def _matches(mechanism: str, domain: str, address: Address, records: "_Records") -> bool:
    name, _colon, value = mechanism.partition(":")
    name, value = name.lower(), value or domain
    if "%" in mechanism or name in ("exists", "ptr"):
        raise _Unchecked  # they depend on the mail itself
    match name.partition("/")[0]:
        case "all":
            return True
        case "ip4" | "ip6":
            network = ip_network(value, strict=False)
            return network.version == address.version and address in network
        case "include":
            return _evaluate(value, address, records) == "pass"
        case "a":
            return _is_near(address, records.addresses(value.partition("/")[0]), mechanism)
        case "mx":
            hosts = records.mail_exchangers(value.partition("/")[0])
            return any(_is_near(address, records.addresses(host), mechanism) for host in hosts)
        case _:  # a modifier, which matches nothing
            return False


def _is_near(address: Address, others: list[Address], mechanism: str) -> bool:
    """In one of their networks, if the mechanism names its size: `a/24`, `mx//64`."""
    _name, _slash, sizes = mechanism.partition("/")
    four, _slashes, six = sizes.partition("//") if not sizes.startswith("/") else ("", "", sizes[1:])
    size = {4: four or "32", 6: six or "128"}[address.version]
    same = [other for other in others if other.version == address.version]
    return any(address in ip_network(f"{other}/{size}", strict=False) for other in same)


@dataclass
class _Records:
    """What the name servers say; each question counts, and there are few."""

    asked: int = 0
    resolver: dns.resolver.Resolver = field(default_factory=lambda: _resolver())

    def spf(self, domain: str) -> list[str]:
        return [text for text in self._texts(domain) if text.lower().split()[:1] == ["v=spf1"]]

    def dmarc_policy(self, domain: str) -> str:
        """Of the domain, or of the one above it; empty if there is none."""
        parents = [domain, ".".join(domain.split(".")[-2:])]
        for name in dict.fromkeys(parents):
            for text in self._texts(f"_dmarc.{name}"):
                tags = dict(tag.strip().partition("=")[::2] for tag in text.split(";"))
                if tags.get("v", "").strip() == "DMARC1":
                    return str(tags.get("p", "")).strip().lower()
        return ""

    def addresses(self, host: str) -> list[Address]:
        try:
            return [ip_address(host)]
        except ValueError:
            answers = [*self._ask(host, "A"), *self._ask(host, "AAAA")]
            return [ip_address(answer.to_text()) for answer in answers]

    def mail_exchangers(self, domain: str) -> list[str]:
        return [answer.exchange.to_text() for answer in self._ask(domain, "MX")]

    def _texts(self, domain: str) -> list[str]:
        return [b"".join(answer.strings).decode("utf-8", "replace") for answer in self._ask(domain, "TXT")]

    def _ask(self, name: str, kind: str) -> list[Any]:
        self.asked += 1
        if self.asked > 3 * MOST_QUESTIONS:  # A, AAAA and TXT count for themselves here
            raise _Unchecked
        try:
            return list(self.resolver.resolve(dns.name.from_text(name, idna_codec=dns.name.IDNA_2008), kind))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise _Unchecked from error


def _resolver() -> dns.resolver.Resolver:
    try:
        resolver = dns.resolver.Resolver()
    except dns.exception.DNSException as error:
        raise _Unchecked from error
    resolver.lifetime = SECONDS
    return resolver
