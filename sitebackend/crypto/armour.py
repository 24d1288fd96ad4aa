"""OpenPGP as files hold it: text in any encoding, armour (RFC 9580, 6.2), packets (RFC 9580, 4.2).

Only taken apart here; whether a signature holds is for gpg to say. Whatever the bytes are, nothing but `Damaged` is
raised: files come from mail programs, key servers and text editors, and some arrive cut off or altered.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

PRIMARY, SUBKEY, USER_ID, SIGNATURE = 6, 14, 13, 2
SECRET = (5, 7)
REVOKES_THE_KEY = 0x20  # a signature's type

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_BLOCK = re.compile(rb"-----BEGIN PGP ([A-Z ]+?)(?:, PART [0-9/]+)?-----(.*?)(?=-----BEGIN PGP |\Z)", re.DOTALL)
_END = re.compile(rb"-----END PGP ")
_HEADER = re.compile(rb"[A-Za-z][A-Za-z-]*:(?: |$)")
_CHECKSUM = re.compile(rb"=([A-Za-z0-9+/]{4})")
_BODY = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_MARGIN = b" \t\r\f\v>|*\xa0\xc2\xe2\x80\x8b\xef\xbb\xbf"  # of a quoted mail, and what editors leave unseen


class Damaged(ValueError):
    """It is cut off or altered."""


@dataclass(frozen=True, slots=True)
class Block:
    """One armoured block: `PUBLIC KEY BLOCK`, `MESSAGE`, …, with the bytes in it."""

    label: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet with its body."""

    tag: int
    body: bytes

    @property
    def version(self) -> int:
        return self._octet(0)

    @property
    def kind(self) -> int:
        """The type of a signature; 0 of anything else."""
        return self._octet(2 if self.version == 3 else 1) if self.tag == SIGNATURE else 0

    @property
    def algorithm(self) -> int:
        """The number of a key's algorithm."""
        return self._octet(7 if self.version in (2, 3) else 5)

    @property
    def dated(self) -> datetime | None:
        """When a key or a signature of version 4 says that it was made."""
        found = _signed(self.body) if self.tag == SIGNATURE else self.body[1:5]
        return datetime.fromtimestamp(int.from_bytes(found), UTC) if len(found) == 4 else None

    def _octet(self, number: int) -> int:
        return self.body[number] if len(self.body) > number else 0


def as_text(data: bytes) -> bytes:
    """What an editor saved as UTF-16 or with a byte order mark, as ASCII armour has it; anything else as it is."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").encode()
    beginning = data[:64]
    for first, encoding in ((0, "utf-16-be"), (1, "utf-16-le")):
        zeros, signs = beginning[first::2], beginning[1 - first :: 2]
        if zeros and not any(zeros) and signs and all(9 <= sign < 127 for sign in signs):
            return data.decode(encoding, "replace").encode()
    return data


def blocks(text: bytes) -> Iterator[Block]:
    """The armoured blocks in a text, whatever stands around them. Raises Damaged."""
    for found in _BLOCK.finditer(text):
        end = _END.search(found[2])
        if not end:
            raise Damaged
        yield Block(found[1].decode(), _unarmoured(found[2][: end.start()]))


def _unarmoured(text: bytes) -> bytes:
    lines = [line.strip(_MARGIN) for line in text.splitlines()]
    body = [line for line in lines if line and not _HEADER.match(line)]
    checksums = [found[1] for line in body if (found := _CHECKSUM.fullmatch(line))]
    body = [line for line in body if not _CHECKSUM.fullmatch(line)]
    joined = b"".join(body)
    if not joined or len(joined) % 4 or not _BODY.fullmatch(joined):
        raise Damaged
    content = b64decode(joined)
    if checksums and _crc24(content) != int.from_bytes(b64decode(checksums[-1])):
        raise Damaged
    return content


def _crc24(content: bytes) -> int:
    """RFC 9580, 6.1.1."""
    register = 0xB704CE
    for octet in content:
        register = (register << 8) ^ _CRC24[(register >> 16) ^ octet]
        register &= 0xFFFFFF
    return register


def _crc24_table() -> Iterator[int]:
    for octet in range(256):
        register = octet << 16
        for _bit in range(8):
            register = (register << 1) ^ (0x1864CFB if register & 0x800000 else 0)
        yield register & 0xFFFFFF


_CRC24 = tuple(_crc24_table())


def packets(content: bytes) -> Iterator[Packet]:
    """The packets, one after the other. Raises Damaged if the bytes are none, or end too early."""
    at = 0
    while at < len(content):
        tag, length, begins = _header(content, at)
        at = begins + length
        if at > len(content):
            raise Damaged
        yield Packet(tag, content[begins:at])


def _header(content: bytes, at: int) -> tuple[int, int, int]:
    """Tag, length of the body, where it begins. No packet of a certificate is of partial length."""
    first, rest = content[at], content[at + 1 : at + 6]
    if not first & 0x80 or not rest:
        raise Damaged
    if first & 0x40:
        return first & 0x3F, *_new_length(rest, at)
    octets = (1, 2, 4, 0)[first & 3]
    length = int.from_bytes(rest[:octets]) if octets else len(content) - at - 1
    return first >> 2 & 15, length, at + 1 + octets


def _new_length(rest: bytes, at: int) -> tuple[int, int]:
    if rest[0] < 192:
        return rest[0], at + 2
    if rest[0] < 224 and len(rest) > 1:
        return (rest[0] - 192 << 8) + rest[1] + 192, at + 3
    if rest[0] == 255 and len(rest) == 5:
        return int.from_bytes(rest[1:5]), at + 6
    raise Damaged


def _signed(body: bytes) -> bytes:
    """The creation time among the hashed subpackets of a signature of version 4 (RFC 9580, 5.2.3.7); else nothing."""
    area, at = body[6 : 6 + int.from_bytes(body[4:6])] if body[:1] == b"\4" else b"", 0
    while at < len(area):
        try:
            length, begins = _new_length(area[at : at + 5], at - 1)
        except Damaged:
            return b""
        if area[begins : begins + 1] and area[begins] & 0x7F == 2:
            return area[begins + 1 : begins + 5]
        at = begins + max(length, 1)
    return b""
