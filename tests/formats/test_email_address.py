"""One mailbox is one address however it is spelled, and two mailboxes are never one."""

import unicodedata

import idna
import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from sitebackend.formats.email_address import AddressError, Problem, key_of, parse, spellings, wire_of
from sitebackend.formats.fields import EmailAddressField

SHARP = "anna@xn--fa-hia.de"  # anna@faß.de on the wire


@pytest.mark.parametrize(
    ("typed", "wire"),
    [
        ("anna@faß.de", SHARP),
        ("anna@FAẞ.DE", SHARP),
        ("Anna@Faß.de", "Anna@xn--fa-hia.de"),
        ("anna@XN--FA-HIA.de", SHARP),
        ("anna@faß.de\u200b", SHARP),
        ("\ufeffan\u00adna@fa\u2060ß.de", SHARP),
        ("\u202eanna@faß.de\u202c", SHARP),
        ("\u2068anna@faß.de\u2069\u200e", SHARP),
        ("anna\ufe0f@faß.de\u3164", SHARP),
        (" anna@faß.de\u00a0\u200d", SHARP),
        ("anna@fass.de", "anna@fass.de"),
        ("anna@FASS.de", "anna@fass.de"),
        ("anna@ｆass。de", "anna@fass.de"),
        ("a@mu\u0308nchen.de", "a@xn--mnchen-3ya.de"),
        ("ju\u0308rgen@example.org", "jürgen@example.org"),
        ("a@βόλος.com", "a@xn--nxasmm1c.com"),
        ("a@ΒΌΛΟΣ.com", "a@xn--nxasmq6b.com"),
        ("o'brien+shop@example.org", "o'brien+shop@example.org"),
        ("a@kunde.test", "a@kunde.test"),
        ("a@kunde.example", "a@kunde.example"),
        ("a@rehearsal.invalid", "a@rehearsal.invalid"),
    ],
)
def test_what_goes_to_the_mail_server_has_its_domain_in_ascii_by_idna_2008(typed: str, wire: str) -> None:
    assert parse(typed).wire == wire_of(typed) == wire


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("user@localhost", Problem.NOT_FROM_OUTSIDE),
        ("user@mail.localhost", Problem.NOT_FROM_OUTSIDE),
        ("user@server.local", Problem.NOT_FROM_OUTSIDE),
        ("user@test", Problem.NOT_FROM_OUTSIDE),
        ("user@[127.0.0.1]", Problem.LITERAL),
        ("user@[IPv6:::1]", Problem.LITERAL),
        ("user@127.0.0.1", Problem.LITERAL),
        ("=?utf-8?q?j=C3=BCrgen?=@example.org", Problem.ENCODED),
        ("=?utf-8?b?YW5uYUBmYcOfLmRl?=", Problem.ENCODED),
        ("anna@=?utf-8?q?fa=C3=9F?=.de", Problem.ENCODED),
        ("a@example.org, b@example.org", Problem.SEVERAL),
        ("Anna <a@example.org>", Problem.SEVERAL),
        ('"a b"@example.org', Problem.SEVERAL),
        ("a@b@example.org", Problem.SEVERAL),
        ("a@example.org\nBcc: b@example.org", Problem.SEVERAL),
        ("an na@example.org", Problem.SEVERAL),
        ("a@xn--fass-.de", Problem.DOMAIN),
        ("a@b_c.de", Problem.DOMAIN),
        ("a@i❤.ws", Problem.DOMAIN),
        ("a@-b.de", Problem.DOMAIN),
        ("a@example.org.", Problem.INVALID),
        ("a..b@example.org", Problem.INVALID),
        ("an\u200dna@example.org", Problem.INVALID),
        ("\ud800@example.org", Problem.INVALID),
        ("@example.org", Problem.INVALID),
        ("anna", Problem.INVALID),
        ("", Problem.INVALID),
    ],
)
def test_what_is_no_address_is_refused_and_named(typed: str, problem: Problem) -> None:
    with pytest.raises(AddressError) as refused:
        parse(typed)
    assert refused.value.problem is problem


def test_read_is_what_was_typed_without_signs_that_nobody_sees() -> None:
    assert str(parse("Anna@Faß.de\u200b ")) == "Anna@Faß.de"
    assert str(parse("anna@xn--fa-hia.de")) == "anna@xn--fa-hia.de"


@pytest.mark.parametrize("other", ["anna@fass.de", "anna@fa-s.de", "anna+@faß.de", "änna@faß.de", "annaß@faß.de"])
def test_another_mailbox_is_another(other: str) -> None:
    assert parse(other) != parse("anna@faß.de")
    assert key_of(other) != key_of("anna@faß.de")


def test_of_local_parts_nothing_is_folded_but_case_and_composition() -> None:
    """`casefold` would make one of these two persons, and a compatibility form is no other way to write one."""
    assert parse("weiß@example.org") != parse("weiss@example.org")
    assert parse("ﬁna@example.org") != parse("fina@example.org")
    assert parse("JU\u0308RGEN@example.org") == parse("jürgen@example.org")


def test_only_a_local_part_beyond_ascii_needs_a_server_with_smtputf8() -> None:
    assert parse("jürgen@example.org").needs_smtputf8
    assert not parse("anna@faß.de").needs_smtputf8


def test_what_is_no_address_of_today_is_still_compared_and_never_changed_for_the_wire() -> None:
    assert key_of(" Anna@Server.local\u200b") == key_of("anna@server.local") == "anna@server.local"
    assert wire_of("anna@server.local") == "anna@server.local"
    assert key_of("") == key_of("\u200b ") == ""


def test_a_form_keeps_what_was_typed_and_says_what_to_do() -> None:
    field = EmailAddressField()
    assert field.clean(" anna@faß.de\u200b") == "anna@faß.de"
    assert EmailAddressField(required=False).clean("") == ""
    told = {
        typed: _refusal(field, typed)
        for typed in ("a@localhost", "a@[1.2.3.4]", "=?utf-8?q?a?=@b.de", "a@b.de c@d.de", "a@b_.de", "a")
    }
    assert len(set(told.values())) == len(told)


def _refusal(field: EmailAddressField, typed: str) -> str:
    with pytest.raises(ValidationError) as refused:
        field.clean(typed)
    return str(refused.value.messages[0])


# --- whatever an address may be

_UNSEEN = st.text(st.sampled_from("\u200b\u2060\ufeff\u00ad\u200e\u200f\u202a\u202e\u2066\ufe0f"), max_size=2)
_SIGNS = "abcxyzäöüßéñøσςλжи中文ﬁſİıÅ0189"
_LOCAL_PARTS = st.from_regex(rf"[{_SIGNS}A-Z]([{_SIGNS}A-Z.+_'-]{{0,18}}[{_SIGNS}A-Z])?", fullmatch=True).filter(
    lambda local: ".." not in local
)
_LABELS = st.text(_SIGNS, min_size=1, max_size=12)
_DOMAINS = st.builds("{}.{}".format, _LABELS, st.sampled_from(["de", "org", "test", "рф", "中国", "co.uk"]))


def _accepted(local: str, domain: str) -> str | None:
    try:
        return str(parse(f"{local}@{domain}"))
    except AddressError:
        return None


@given(_LOCAL_PARTS, _DOMAINS, st.sampled_from(["NFC", "NFD"]), _UNSEEN, _UNSEEN)
def test_one_mailbox_is_one_however_it_is_spelled(local: str, domain: str, form: str, one: str, two: str) -> None:
    if (typed := _accepted(local, domain)) is None:
        return
    address = parse(typed)
    local, domain = address.local, address.domain
    assert address.ascii_domain == idna.encode(domain, uts46=True).decode()
    for spelled in (
        unicodedata.normalize(form, typed),
        f" {one}{local}{two}@{domain}{one}",
        f"{local}@{address.ascii_domain.upper()}",
        f"{local}@{idna.decode(address.ascii_domain)}",
        *spellings(typed),
        str(address),
        address.wire,
    ):
        assert parse(spelled) == address, spelled
        assert parse(spelled).ascii_domain == address.ascii_domain
        assert key_of(spelled) == address.key == key_of(address.key)
    assert address.ascii_domain.isascii()
    assert parse(address.wire).wire == address.wire


@given(_LOCAL_PARTS, _LOCAL_PARTS, _DOMAINS, _DOMAINS)
def test_two_mailboxes_are_never_one(local: str, other_local: str, domain: str, other_domain: str) -> None:
    first, second = (_accepted(*parts) for parts in ((local, domain), (other_local, other_domain)))
    if first is None or second is None:
        return
    same_domain = idna.encode(domain, uts46=True) == idna.encode(other_domain, uts46=True)
    local, other_local = (unicodedata.normalize("NFC", part) for part in (local, other_local))
    same_local = unicodedata.normalize("NFC", local.lower()) == unicodedata.normalize("NFC", other_local.lower())
    assert (parse(first) == parse(second)) == (same_domain and same_local)


@pytest.mark.parametrize(("one", "other"), [("ß", "ss"), ("ς", "σ"), ("ı", "i"), ("ø", "o"), ("ü", "ue")])
@given(start=st.text("abxyz", max_size=5), end=st.text("abxyz", max_size=5))
def test_letters_that_others_fold_keep_two_domains_apart(one: str, other: str, start: str, end: str) -> None:
    assert parse(f"anna@{start}{one}{end}.de") != parse(f"anna@{start}{other}{end}.de")


@given(st.text(max_size=40))
def test_whatever_is_typed_is_an_address_or_refused(typed: str) -> None:
    try:
        address = parse(typed)
    except AddressError:
        assert key_of(typed) == key_of(typed.strip())
    else:
        assert parse(str(address)) == address
