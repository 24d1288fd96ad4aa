"""An answer or a letter as a PDF file, archivable (PDF/A-3B) or under a passphrase.

The font comes with the program, for the fonts that every PDF reader has lack the euro sign and most names of
this world. It has Latin, Greek and Cyrillic. A sign that it lacks is shown by its number, never left out.
"""

import io
import logging
import re
from importlib.resources import files
from typing import cast

from django.utils import translation
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont
from PIL import UnidentifiedImageError
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from sitebackend.privacy.documents.answer import Answer, Entry, Told
from sitebackend.privacy.documents.forms import as_json
from sitebackend.privacy.documents.words import ABOUT, labels, your_rights

FONT = "Source Sans"
QUIET, INK = (84, 94, 98), (27, 35, 37)
_FACES = {"": "SourceSansPro-Regular.ttf", "B": "SourceSansPro-Bold.ttf"}
_BEFORE_A_NUMBER = re.compile(r"(§|Art\.|Abs\.|Buchst\.) ")
for _library in ("fpdf", "fontTools"):
    logging.getLogger(_library).setLevel(logging.ERROR)


class Document(FPDF):
    """A4 in our font, with page numbers."""

    def __init__(self, *, title: str, language: str, author: str) -> None:
        super().__init__(format="A4", enforce_compliance="PDF/A-3B")
        self.set_margins(22, 20, 20)
        self.set_auto_page_break(True, margin=22)
        self.set_lang(language)
        self.set_title(title)
        self.set_author(author)
        folder = files("font_source_sans_pro") / "files"
        for style, name in _FACES.items():
            self.add_font(FONT, style, str(folder / name))
        self.known = frozenset(cast("TTFFont", self.fonts[FONT.casefold()]).cmap)
        self.lacking = False
        self.foot = ""

    def footer(self) -> None:
        self.set_y(-14)
        self.ink(QUIET, 8.5)
        self.cell(0, 5, f"{self.foot}  ·  {self.page_no()} / {{nb}}", align="R")

    def ink(self, colour: tuple[int, int, int] = INK, size: float = 10.5, style: str = "") -> None:
        self.set_text_color(*colour)
        self.set_font(FONT, style, size)

    def paragraph(self, text: str, *, width: float = 0, leading: float = 5.2) -> None:
        self.multi_cell(width, leading, self.printable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def heading(self, text: str, *, room: float = 40, size: float = 14, leading: float = 7) -> None:
        """Never alone at the foot of a page: `room` millimetres below it stay with it."""
        self.keep_together(room)
        self.ink(size=size, style="B")
        self.paragraph(text, leading=leading)

    def pair(self, label: str, content: str, *, colour: tuple[int, int, int] = INK) -> None:
        """A label at the left, its value beside it; both may be long, and the value may go on over the page."""
        size = 9.5 if colour == QUIET else 10.5
        self.keep_together(11)
        top, page = self.get_y(), self.page
        self.ink(QUIET, size)
        self.multi_cell(46, 5, self.printable(label), align="L")
        under, label_page = self.get_y() + 5, self.page
        self.page = page
        self.set_xy(70, top)
        self.ink(colour, size)
        with self.local_context():
            self.set_left_margin(70)
            self.multi_cell(0, 5, self.printable(content) or "–", align="L", new_x=XPos.LEFT, new_y=YPos.NEXT)
        self.set_left_margin(22)
        self.set_x(22)
        if self.page == label_page and self.get_y() < under - 5:
            self.set_y(under - 5)

    def keep_together(self, height: float) -> None:
        """Begin a new page unless so many millimetres are left on this one."""
        if self.will_page_break(height):
            self.add_page()

    def printable(self, text: str) -> str:
        """Every sign that the font has; the others by their number."""
        return "".join(
            sign if sign == "\n" or ord(sign) in self.known else self._by_number(sign) for sign in _tidy(text)
        )

    def _by_number(self, sign: str) -> str:
        self.lacking = True
        return f"[U+{ord(sign):04X}]"


def as_pdf(answer: Answer) -> bytes:
    """The answer to read, print and keep; the JSON and every file of the copy lie inside it as attachments."""
    with translation.override(answer.language):
        title = _("Answer to request {reference}").format(reference=answer.reference)
        document = Document(title=title, language=answer.language, author=answer.site["business_name"])
        document.foot = title
        document.add_page()
        _heading(document, answer)
        for told in answer.holdings:
            _holding(document, told)
        _rights(document, answer)
        document.embed_file(
            bytes=as_json(answer).encode(),
            basename=f"{answer.reference}.json",
            mime_type="application/json",
            associated_file_relationship="Alternative",
        )
        for name, content in answer.files.items():
            document.embed_file(bytes=content, basename=name, associated_file_relationship="Supplement")
        return bytes(document.output())


def printed(answer: Answer) -> tuple[bytes, list[str], list[str]]:
    """The answer and behind it every file of the copy that has pages; the names of those, and of the others.

    What has no pages here (an electronic invoice, a damaged or locked file) must be printed or handed over apart.
    """
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(as_pdf(answer))))  # with what lies inside it for machines
    apart: list[str] = []
    with translation.override(answer.language):
        enclosed = [_("The copy of your data")]
    for name, content in answer.files.items():
        try:
            writer.append(PdfReader(io.BytesIO(_with_pages(content))))
            enclosed.append(name)
        except (PyPdfError, UnidentifiedImageError, OSError, ValueError, KeyError, TypeError):
            apart.append(name)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue(), enclosed, apart


def _with_pages(content: bytes) -> bytes:
    """A PDF file as it is; a picture on a page of its own. Raises UnidentifiedImageError, OSError."""
    if content.lstrip().startswith(b"%PDF-"):
        if not PdfReader(io.BytesIO(content)).pages:
            raise ValueError("no pages")
        return content
    page = FPDF(format="A4")
    page.add_page()
    page.image(io.BytesIO(content), x=15, y=15, w=180, h=267, keep_aspect_ratio=True)
    return bytes(page.output())


def encrypted(content: bytes, passphrase: str) -> bytes:
    """The same file, opened by any PDF reader with the passphrase (AES-256). It is no PDF/A any more."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(user_password=passphrase, algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def letter(*, sender: dict[str, str], recipient: str, subject: str, body: str, day: str, language: str) -> bytes:
    """One letter after DIN 5008, form B: the address stands in the window of the envelope."""
    document = Document(title=subject, language=language, author=sender["business_name"])
    document.foot = subject
    document.set_margins(25, 27, 20)
    document.add_page()
    line = "  ·  ".join((sender["business_name"], sender["street"], f"{sender['postal_code']} {sender['city']}"))
    document.set_xy(25, 50)
    document.ink(QUIET, 8)
    document.cell(85, 4, document.printable(line))
    document.set_xy(25, 62.7)
    document.ink(size=11)
    document.multi_cell(85, 5, document.printable(recipient), align="L")
    document.set_xy(125, 62.7)
    own = (sender["owner"], sender["phone"], sender["email"], "", day)
    document.multi_cell(65, 5, document.printable("\n".join(own).strip()), align="L")
    document.set_xy(25, 103)
    document.ink(size=11, style="B")
    document.paragraph(subject)
    document.ln(6)
    document.ink(size=11)
    _with_its_close(document, _with_laws_whole(body.strip()), leading=5.4)
    return bytes(document.output())


def _with_its_close(document: Document, body: str, *, leading: float) -> None:
    """The signature never stands alone on a page: the last three blocks stay together."""
    text, *close = body.rsplit("\n\n", 3)
    document.paragraph(text, leading=leading)
    for number, block in enumerate(close):
        document.ln(leading)
        if number == 0:
            height = document.multi_cell(0, leading, "\n\n".join(close), align="L", dry_run=True, output="HEIGHT")
            document.keep_together(cast("float", height))
        document.paragraph(block, leading=leading)


def _heading(document: Document, answer: Answer) -> None:
    document.ink(size=20, style="B")
    document.paragraph(_("What is stored about you"), leading=9)
    document.ln(1.5)
    document.ink(QUIET)
    document.paragraph(
        _("Answer by Art. 15 GDPR to request {reference} of {received}, made on {day}.").format(
            reference=answer.reference, received=answer.received_shown, day=answer.made_shown
        )
    )
    site = answer.site
    line = (
        site["business_name"],
        site["owner"],
        site["street"],
        f"{site['postal_code']} {site['city']}",
        site["email"],
    )
    document.paragraph(", ".join(part for part in line if part.strip()))


def _holding(document: Document, told: Told) -> None:
    document.ln(5)
    document.heading(str(told.about["title"]))
    for entry in told.entries:
        _entry(document, entry)
    document.ln(1)
    names = labels()
    for name in ABOUT:
        content = told.about[name]
        document.pair(str(names[name]), ", ".join(content) if isinstance(content, list) else content, colour=QUIET)


def _entry(document: Document, entry: Entry) -> None:
    document.keep_together(20)
    document.ln(2)
    document.ink(size=11, style="B")
    document.paragraph(f"{entry.title} ({entry.recorded_on})")
    for told in entry.values:
        document.pair(told.label, told.shown)
    if entry.missing:
        document.ink(style="B")
        document.paragraph(entry.missing)
    document.ln(1)


def _rights(document: Document, answer: Answer) -> None:
    document.ln(6)
    document.heading(_("Your rights"))
    document.ink()
    document.paragraph(your_rights(answer.site["where_to_complain"]))
    if document.lacking:
        document.ln(2)
        document.ink(QUIET, 9.5)
        document.paragraph(
            _("Signs as in [U+1F642] stand for letters that this font lacks; the attached JSON file has them.")
        )


def _with_laws_whole(text: str) -> str:
    """No line ends between § and its number."""
    return _BEFORE_A_NUMBER.sub("\\1\N{NO-BREAK SPACE}", text)


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
