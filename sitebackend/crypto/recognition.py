"""What a file is that somebody gives as their public key: the certificate in it, or what it is instead.

People have their key from a mail program, a key server, a colleague, another tool. Whatever it is, they are told
what it is and what to do; never only that it was no key. Nothing is trusted here: gpg reads what is found, and
checks the signatures.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sitebackend.crypto import armour
from sitebackend.crypto.armour import Packet
from sitebackend.crypto.errors import OpenPGPError

#: Bytes: a certificate has a few thousand, one with many signatures of others some hundred thousand.
LARGEST = 1024 * 1024
VERSION = 4  # of RFC 4880 and RFC 9580, 5.5.2.2: what gpg opens
#: Of public key, subkey, signature, user id and what messages begin with, in both formats of packets.
_FIRST_OCTETS = {0xC0 | tag for tag in (1, 2, 3, 6, 8, 13, 14, 18)} | {
    0x80 | tag << 2 | length for tag in (1, 2, 3, 6, 8, 13, 14) for length in range(4)
}
ENCRYPT_ONLY = {16, 18}  # ElGamal, ECDH
GPG_KNOWS = {1, 2, 3, 16, 17, 18, 19, 20, 22}
ALGORITHMS = {25: "X25519", 26: "X448", 27: "Ed25519", 28: "Ed448"}  # RFC 9580, 9.1

EXPORT = gettext_lazy("Export your public key and give that file: gpg --export --armor YOUR-ADDRESS > key.asc")
EXPORT_AGAIN = gettext_lazy("Export the key once more: gpg --export --armor YOUR-ADDRESS > key.asc")
MAKE_ANOTHER = gettext_lazy(
    "Make a key that gpg can open: gpg --quick-generate-key YOUR-ADDRESS default default 2y; "
    "then gpg --export --armor YOUR-ADDRESS > key.asc"
)

_SECRETS = re.compile(
    rb"PuTTY-User-Key-File|AGE-SECRET-KEY-1|\(\d*:?(?:protected-|shadowed-)?private-key|"
    rb"^Key: \((?:protected-|shadowed-)?private-key|"
    rb"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01[\x01\x02]",  # of PKCS #12, a bag with a key in it
    re.MULTILINE,
)
_OTHER_THINGS: Sequence[tuple[re.Pattern[bytes], str | Promise]] = [
    (re.compile(pattern, re.MULTILINE | re.IGNORECASE), words)
    for pattern, words in (
        (
            rb"^(?:ssh-(?:rsa|dss|ed25519|ed448)|ecdsa-sha2-\S+|sk-\S+@openssh\.com) AAAA|BEGIN SSH2 PUBLIC KEY",
            gettext_lazy("This is a key for ssh, which nobody can encrypt mail to."),
        ),
        (
            rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE|-----BEGIN PKCS ?7|-----BEGIN CMS|-----BEGIN NEW CERTIFICATE",
            gettext_lazy("This is a certificate of X.509 (for TLS or S/MIME), no key of OpenPGP."),
        ),
        (
            rb"-----BEGIN (?:[A-Z]+ )?PUBLIC KEY-----",
            gettext_lazy("This is a public key of TLS or of a program, no key of OpenPGP."),
        ),
        (rb"\A\W{0,3}<(?:!doctype|html|head|\?xml|script|body)", gettext_lazy("This is a web page, no key.")),
        (rb"^age1[a-z0-9]{50,}", gettext_lazy("This is a key of the program age, no key of OpenPGP.")),
        (rb"^untrusted comment:", gettext_lazy("This is a key of minisign or signify, no key of OpenPGP.")),
        (
            rb"\A\s*(?:0x)?(?:[0-9a-f]{4}[ :]*){4,16}\s*\Z",
            gettext_lazy("This is the fingerprint of a key, not the key itself."),
        ),
    )
]
_BEGINNINGS: Sequence[tuple[bytes, int, str | Promise]] = [
    (b"KBXf", 8, gettext_lazy("This is GnuPG's own key ring (pubring.kbx), with all the keys in it.")),
    (b"%PDF", 0, gettext_lazy("This is a PDF, no key.")),
    (b"PK\3\4", 0, gettext_lazy("This is a ZIP archive or a document of an office program, no key.")),
    (b"\x1f\x8b", 0, gettext_lazy("This is a packed file (gzip), no key.")),
    (b"{\\rtf", 0, gettext_lazy("This is a formatted text (RTF), no key: an export is plain text.")),
    (b"\x89PNG", 0, gettext_lazy("This is a picture, no key.")),
    (b"\xff\xd8\xff", 0, gettext_lazy("This is a picture, no key.")),
    (b"SQLite format 3", 0, gettext_lazy("This is a database, no key.")),
    (b"\x30\x82", 0, gettext_lazy("This is a certificate of X.509 (for TLS or S/MIME), no key of OpenPGP.")),
    (b"\x30\x80", 0, gettext_lazy("This is a certificate of X.509 (for TLS or S/MIME), no key of OpenPGP.")),
]


def is_secret(data: bytes) -> bool:
    """Whether it is another tool's secret, or an OpenPGP secret key in a coding that gpg itself does not undo."""
    text = armour.as_text(data)
    return bool(_SECRETS.search(text)) or any(packet.tag in armour.SECRET for packet in _packets_found(text))


def certificate_in(data: bytes) -> bytes:
    """The one certificate in `data`, binary. Raises OpenPGPError."""
    content = _content(data)
    try:
        packets = list(armour.packets(content))
    except armour.Damaged as error:
        raise OpenPGPError(_damaged()) from error
    primaries = {packet.body: packet for packet in packets if packet.tag == armour.PRIMARY}
    if len(primaries) > 1:
        words = _("The file holds {count} certificates; exactly one is expected.").format(count=len(primaries))
        raise _refusal(words, EXPORT)
    if not primaries:
        raise _refusal(*_without_primary(packets))
    _check_version(*primaries.values())
    return content


def refuse_large(data: bytes) -> None:
    """Raises OpenPGPError for what is too large to be a key, before anything looks at it."""
    if len(data) > LARGEST:
        words = _("The file has {size} MB; a public key has a few kilobytes.")
        raise _refusal(words.format(size=-(-len(data) // 2**20)), EXPORT)


def obstacle(content: bytes, now: datetime) -> str:
    """Why gpg takes nothing, or no encryption part, of a certificate that is whole: words, with what to do."""
    packets = list(armour.packets(content))
    if not any(packet.tag == armour.USER_ID for packet in packets):
        words = _("This key names no owner (no user id), as key servers give it away; gpg takes none like that.")
        return f"{words} {EXPORT}"
    return _dated_ahead(packets, now) or _unknown_algorithm(packets) or _lost_subkey(packets)


def not_whole() -> str:
    """The words for one that gpg refuses although all its parts are there."""
    words = _("None of its user ids bears a valid signature of the key itself: it is damaged or incomplete.")
    return f"{words} {EXPORT_AGAIN}"


def user_ids(content: bytes) -> tuple[str, ...]:
    """Those in a certificate that gpg gave out."""
    return tuple(
        packet.body.decode(errors="replace") for packet in armour.packets(content) if packet.tag == armour.USER_ID
    )


def _content(data: bytes) -> bytes:
    text = armour.as_text(data)
    if not text.strip():
        raise _refusal(_("The file is empty."), EXPORT)
    for beginning, offset, words in _BEGINNINGS:
        if text.startswith(beginning, offset):
            raise _refusal(str(words), EXPORT)
    try:
        found = list(armour.blocks(text))
    except armour.Damaged as error:
        raise OpenPGPError(_damaged()) from error
    if certificates := [block.content for block in found if block.label == "PUBLIC KEY BLOCK"]:
        return b"".join(certificates)
    if found:
        raise _refusal(_what_block(found[0].label), EXPORT)
    if _is_binary(data):
        return data
    raise _refusal(_what_else(text), EXPORT)


def _is_binary(data: bytes) -> bool:
    """Whether it begins like packets (it may be cut off further on, which is said then), and is no text."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return data[0] in _FIRST_OCTETS
    return False


def _what_block(label: str) -> str:
    if label == "SIGNATURE" or label == "SIGNED MESSAGE":
        return _("This is a signature, no key.")
    return _("This is an encrypted message, no key.")


def _what_else(text: bytes) -> str:
    for pattern, words in _OTHER_THINGS:
        if pattern.search(text):
            return str(words)
    if b"-----BEGIN" in text or b"-----END PGP" in text:
        return _("The first or the last line of the key is missing or altered; it begins with -----BEGIN PGP.")
    return _("There is no OpenPGP key in this file.")


def _without_primary(packets: Sequence[Packet]) -> tuple[str, Promise]:
    tags = {packet.tag for packet in packets}
    if tags == {armour.SIGNATURE}:
        if all(packet.kind == armour.REVOKES_THE_KEY for packet in packets):
            return _("This is a revocation certificate alone: what ends a key, not the key."), EXPORT
        return _("This is a signature, no key."), EXPORT
    if tags & {1, 3, 8, 9, 18, 20}:
        return _("This is an encrypted message, no key."), EXPORT
    if tags & {armour.SUBKEY, armour.USER_ID, 17}:
        return _("This is only a part of a key: its primary key is missing."), EXPORT_AGAIN
    return _("There is no OpenPGP key in this file."), EXPORT


def _check_version(primary: Packet) -> None:
    if primary.version == VERSION:
        return
    words = _("This is a key of version {version}; gpg, with which messages are opened, opens version 4.")
    raise _refusal(words.format(version=primary.version), MAKE_ANOTHER)


def _dated_ahead(packets: Sequence[Packet], now: datetime) -> str:
    dates = [packet.dated for packet in packets if packet.tag in (armour.PRIMARY, armour.SUBKEY, armour.SIGNATURE)]
    latest = max((date for date in dates if date), default=now)
    if latest <= now:
        return ""
    words = _(
        "The clock here shows {now}, and the key, or a part of it, is dated ahead, {dated}. Set the clock right that "
        "is wrong. If it was the one of the computer that made the key, wait until then and import it again."
    )
    return words.format(dated=_moment(latest), now=_moment(now))


def _unknown_algorithm(packets: Sequence[Packet]) -> str:
    keys = [packet.algorithm for packet in packets if packet.tag in (armour.PRIMARY, armour.SUBKEY)]
    for number in keys:
        if number not in GPG_KNOWS:
            name = ALGORITHMS.get(number, _("number {number}").format(number=number))
            words = _("Its algorithm {name} (RFC 9580) is one that gpg, with which messages are opened, does not know.")
            return f"{words.format(name=name)} {MAKE_ANOTHER}"
    return ""


def _lost_subkey(packets: Sequence[Packet]) -> str:
    """There is a subkey that can do nothing but encrypt, and gpg dropped it: its signature does not hold."""
    if any(packet.tag == armour.SUBKEY and packet.algorithm in ENCRYPT_ONLY for packet in packets):
        words = _("Its encryption subkey bears no valid signature of the key: it is damaged or incomplete.")
        return f"{words} {EXPORT_AGAIN}"
    return ""


def _packets_found(text: bytes) -> list[Packet]:
    """As many as can be read, of all blocks or of the bytes themselves."""
    found: list[Packet] = []
    try:
        contents = [block.content for block in armour.blocks(text)] or [text]
        for content in contents:
            found.extend(armour.packets(content))
    except armour.Damaged:
        pass
    return found


def _damaged() -> str:
    words = _("The key is damaged: cut off, or altered on its way.")
    return f"{words} {EXPORT_AGAIN}"


def _refusal(words: str, next_step: str | Promise) -> OpenPGPError:
    return OpenPGPError(f"{words} {next_step}")


def _moment(time: datetime) -> str:
    return date_format(localtime(time), "SHORT_DATETIME_FORMAT")
