"""SPF and DMARC of the sender's domain, asked of a real name server: what receivers may hold against our mail."""

import pytest

from sitebackend.mail import sender_domain
from tests.contact.mailserver import free_port
from tests.mail.nameserver import Zone, name_server

SENDER, SERVER = "Website <website@example.de>", "mail.example.net"
SERVED: Zone = {(SERVER, "A"): ["192.0.2.7"], (SERVER, "AAAA"): ["2001:db8::7"]}


def found(monkeypatch: pytest.MonkeyPatch, zone: Zone, server: str = SERVER) -> str:
    with name_server(SERVED | zone) as names:
        monkeypatch.setattr(sender_domain, "_resolver", names.resolver)
        return "\n".join(sender_domain.weaknesses(SENDER, server))


def spf(record: str, **more: list[str]) -> Zone:
    others: Zone = {(f"{name}.example.net", "TXT"): values for name, values in more.items()}
    return {("example.de", "TXT"): [f'"{record}"', '"other=1"']} | others


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all",
        "V=SPF1 a:mail.example.net -all",
        "v=spf1 a:mail.example.net/24//64 ~all",
        "v=spf1 mx -all",
        "v=spf1 include:spf.example.net -all",
        "v=spf1 redirect=spf.example.net",
        "v=spf1 +all",
    ],
)
def test_who_names_the_server_hears_nothing(monkeypatch: pytest.MonkeyPatch, record: str) -> None:
    zone = spf(record, spf=['"v=spf1 ip4:192.0.2.7 " "ip6:2001:db8::7 -all"'])
    assert found(monkeypatch, zone | {("example.de", "MX"): [f"10 {SERVER}."]}) == ""


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 ip4:198.51.100.0/24 -all", "fail"),
        ("v=spf1 ip4:198.51.100.0/24 ~all", "softfail"),
        ("v=spf1 include:spf.example.net ?all", "neutral"),
        ("v=spf1 mx", "neutral"),
    ],
)
def test_who_does_not_name_it_is_told_how(monkeypatch: pytest.MonkeyPatch, record: str, result: str) -> None:
    told = found(monkeypatch, spf(record, spf=['"v=spf1 ip4:203.0.113.1 -all"']))
    assert SERVER in told
    assert f"({result})" in told


def test_one_of_two_addresses_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "(fail, pass)" in found(monkeypatch, spf("v=spf1 ip4:192.0.2.7 -all"))


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ({("example.de", "TXT"): ['"other"']}, "keinen SPF-Eintrag"),
        ({}, "keinen SPF-Eintrag"),
        ({("example.de", "TXT"): ['"v=spf1 +all"', '"v=spf1 -all"']}, "2 SPF-Einträge"),
        ({("example.de", "TXT"): ['"v=spf1 -all"']}, "gar keine Mail"),
    ],
)
def test_a_record_that_cannot_hold_is_told(monkeypatch: pytest.MonkeyPatch, zone: Zone, said: str) -> None:
    assert said in found(monkeypatch, zone)


@pytest.mark.parametrize("policy", ["quarantine", "reject"])
def test_dmarc_counts_where_spf_does_not_hold(monkeypatch: pytest.MonkeyPatch, policy: str) -> None:
    dmarc: Zone = {("_dmarc.example.de", "TXT"): [f'"v=DMARC1; p={policy}; rua=mailto:x@example.de"']}
    assert f"„{policy}“" in found(monkeypatch, spf("v=spf1 -all") | dmarc)
    assert found(monkeypatch, spf("v=spf1 +all") | dmarc) == ""


def test_a_policy_of_none_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    dmarc: Zone = {("_dmarc.example.de", "TXT"): ['"v=DMARC1; p=none"']}
    assert "DMARC" not in found(monkeypatch, spf("v=spf1 -all") | dmarc)


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 exists:%{i}.example.net -all",
        "v=spf1 include:example.de -all",
        "v=spf1 redirect=example.de",
        "v=spf1 ip4:nonsense -all",
        "v=spf1 a:mail.example.net/99 -all",
    ],
)
def test_what_cannot_be_judged_from_here_is_called_unchecked(monkeypatch: pytest.MonkeyPatch, record: str) -> None:
    assert "nicht geprüft" in found(monkeypatch, spf(record))


def test_no_answer_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    with name_server({}) as names:
        resolver = names.resolver()
        resolver.port, resolver.lifetime = free_port(), 0.3
        monkeypatch.setattr(sender_domain, "_resolver", lambda: resolver)
        [told] = sender_domain.weaknesses(SENDER, SERVER)
    assert "nicht geprüft" in told


def test_by_way_of_this_machine_only_the_record_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, spf("v=spf1 ip4:198.51.100.1 -all"), "127.0.0.1") == ""
    assert "keinen SPF-Eintrag" in found(monkeypatch, {}, "127.0.0.1")
