"""What a file is, told by its content.

What must never happen: a file passes for what it is not, and whoever needs it years later holds a signed consent
that is six bytes of text, an invoice that is cut off or locked, a program under the name of a PDF. So the bytes
decide, never the name or what the browser says: they begin as their type does, and they can be read to the end
(a PDF has pages and its end, a picture has all of its pixels, XML has one root). What carries a second file behind
the first is refused: it is one thing to whoever looks at it and another to the next program.
"""

import re
from collections.abc import Callable, Collection
from email import policy
from email.parser import BytesParser
from io import BytesIO
from xml.etree.ElementTree import ParseError

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PDF, JPEG, PNG, TIFF, WEBP, HEIC, MAIL, INVOICE = (
    "application/pdf", "image/jpeg", "image/png", "image/tiff", "image/webp", "image/heic", "message/rfc822",
    "application/xml",
)  # fmt: skip
TEXT, UNKNOWN = "text/plain", "application/octet-stream"
SCANS = (PDF, JPEG, PNG, TIFF, WEBP, HEIC)
ENDINGS = {
    PDF: (".pdf",),
    JPEG: (".jpg", ".jpeg"),
    PNG: (".png",),
    TIFF: (".tif", ".tiff"),
    WEBP: (".webp",),
    HEIC: (".heic", ".heif"),
    MAIL: (".eml",),
    INVOICE: (".xml",),
}
NAMES: dict[str, str | Promise] = {
    PDF: _("PDF"),
    JPEG: "JPEG",
    PNG: "PNG",
    TIFF: "TIFF",
    WEBP: "WebP",
    HEIC: "HEIC",
    MAIL: _("e-mail (.eml)"),
    INVOICE: _("electronic invoice (XML)"),
    TEXT: _("a text file"),
    UNKNOWN: _("a file of an unknown kind"),
    "program": _("a program"),
    "archive": _("an archive or an Office file"),
    "old office": _("a file of an older Office program"),
    "web page": _("a web page"),
    "drawing": _("an SVG drawing"),
    "gif": _("a GIF picture"),
    "xml": _("an XML file that is no invoice"),
    "key": _("an OpenPGP file"),
}
LEAST_PIXELS = 100  # on the shorter side: on less nobody can read a signed paper
MOST_PIXELS = 80_000_000
MOST_FRAMES = 100
_END = re.compile(rb"%%EOF\s*\Z")
_INVOICE_ROOTS = ("CrossIndustryInvoice", "CrossIndustryDocument", "Invoice", "CreditNote")
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"GIF8", "gif"),
    (b"\x7fELF", "program"),
    (b"#!", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"PK\x03\x04", "archive"),
    (b"PK\x05\x06", "archive"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"\xd0\xcf\x11\xe0", "old office"),
    (b"-----BEGIN PGP", "key"),
)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")


class FileError(ValueError):
    """The file is not what is wanted; `str()` says what it is, what was expected, and what to do."""

    def __init__(self, message: str | Promise, **values: object) -> None:
        super().__init__(str(message).format(**values))


def recognise(content: bytes) -> str:
    """A key of NAMES, by how the content begins; whether it can be read to its end is not looked at."""
    if content.startswith(b"MZ") and b"\0" in content[:64]:  # a list may begin with these letters
        return "program"
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return HEIC
    return _recognise_text(content)


def check(content: bytes, expected: Collection[str]) -> str:
    """Which of the expected types it is, whole and readable. Raises FileError."""
    if not content.strip(b"\0 \t\r\n"):
        raise FileError(_("The file is empty."))
    kind = recognise(content)
    if kind not in expected:
        message = _("This is {found}, whatever its name says. Expected: {expected}.")
        raise FileError(message, found=NAMES[kind], expected=", ".join(str(NAMES[kind]) for kind in expected))
    if _has_archive_behind(content):
        raise FileError(_("A second file is hidden behind this one. Save or scan it anew."))
    _CHECKS[kind](content)
    return kind


def media_type(content: bytes) -> str:
    """What may be said of any file."""
    kind = recognise(content)
    return kind if "/" in kind else UNKNOWN


def named_by(kind: str, name: str) -> str:
    """The file's name with the ending of what it is, without signs that hide what it is."""
    name = "".join(sign for sign in name if sign.isprintable()).strip() or "file"
    endings = ENDINGS.get(kind, ())
    return name if not endings or name.lower().endswith(endings) else f"{name}{endings[0]}"


def _recognise_text(content: bytes) -> str:
    start = content[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\0", b"").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return "web page"
    if start.startswith((b"<?xml", b"<")):
        return _recognise_xml(content, start)
    if re.match(rb"[\w-]+:[^\n]*\n", start) and re.search(rb"^from:", start, re.MULTILINE):
        return MAIL
    if b"\0" in content or not _is_text(content):
        return UNKNOWN
    return TEXT


def _recognise_xml(content: bytes, start: bytes) -> str:
    if b"<svg" in start:
        return "drawing"
    if b"<html" in start:
        return "web page"
    return INVOICE if any(root.lower().encode() in start for root in _INVOICE_ROOTS) else "xml"


def _is_text(content: bytes) -> bool:
    return not any(sign < 9 or 13 < sign < 27 for sign in content[:4096])


def _has_archive_behind(content: bytes) -> bool:
    """Whether the last bytes are the end of a ZIP archive, with its comment."""
    place = content.rfind(b"PK\x05\x06", -65557)
    return place >= 0 and place + 22 + int.from_bytes(content[place + 20 : place + 22], "little") == len(content)


def _check_pdf(content: bytes) -> None:
    from pypdf import PdfReader  # it takes a third of a start, and few processes see a file

    if not _END.search(content[-1024:].rstrip(b"\0")):
        raise FileError(_("The PDF is cut off, or something follows its end. Save or scan it anew."))
    try:
        reader = PdfReader(BytesIO(content))
        is_locked = reader.is_encrypted and not reader.decrypt("")
        pages = 0 if is_locked else sum(1 for page in reader.pages if page.mediabox)
    except Exception as error:  # a reader of damaged files raises whatever it stumbles over
        raise FileError(_("The PDF is damaged: it cannot be read. Save or scan it anew.")) from error
    if is_locked:
        raise FileError(_("The PDF is locked with a password. Save it without one: later nobody would know it."))
    if not pages:
        raise FileError(_("The PDF has no page."))


def _check_picture(content: bytes) -> None:
    from PIL import Image, ImageSequence, UnidentifiedImageError

    try:
        with Image.open(BytesIO(content), formats=("JPEG", "PNG", "TIFF", "WEBP")) as picture:
            size = picture.size
            if size[0] * size[1] > MOST_PIXELS:
                raise FileError(_("The picture has more than 80 million pixels. Scan it less finely."))
            for place, frame in enumerate(ImageSequence.Iterator(picture)):
                if place < MOST_FRAMES:
                    frame.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, EOFError, MemoryError) as error:
        raise FileError(_("The picture is cut off or damaged. Save or scan it anew.")) from error
    if min(size) < LEAST_PIXELS:
        shown = f"{size[0]} × {size[1]}"
        raise FileError(_("The picture is too small to read anything on it: {size} pixels."), size=shown)


def _check_heic(content: bytes) -> None:
    """Nothing here decodes HEIC; its boxes must fit into the file, and hold a description and the pixels."""
    found, place = set(), 0
    while place + 8 <= len(content):
        size, kind = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        if size == 1:
            size = int.from_bytes(content[place + 8 : place + 16], "big")
        size = size or len(content) - place
        if size < 8 or place + size > len(content):
            break
        found.add(kind)
        place += size
    if place != len(content) or not {b"ftyp", b"meta", b"mdat"} <= found:
        raise FileError(_("The picture is cut off or damaged. Save or scan it anew."))


def _check_mail(content: bytes) -> None:
    """A mail as a mail program saves it: who wrote it, when, and something in it."""
    mail = BytesParser(policy=policy.default).parsebytes(content)
    body = mail.get_body(("plain", "html"))
    is_empty = not (body and str(body.get_content()).strip()) and not any(mail.iter_attachments())
    if is_empty or not all(mail[name] for name in ("From", "Date", "Message-ID")):
        raise FileError(_("This is no whole e-mail. Save it in your mail program as .eml, with its headers."))


def _check_invoice(content: bytes) -> None:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise FileError(_("The XML file is damaged: it cannot be read.")) from error
    if root.tag.rpartition("}")[2] not in _INVOICE_ROOTS or not len(root):
        raise FileError(_("This XML file is no electronic invoice (XRechnung, ZUGFeRD, UBL)."))


_CHECKS: dict[str, Callable[[bytes], None]] = {
    PDF: _check_pdf,
    JPEG: _check_picture,
    PNG: _check_picture,
    TIFF: _check_picture,
    WEBP: _check_picture,
    HEIC: _check_heic,
    MAIL: _check_mail,
    INVOICE: _check_invoice,
}
