"""Reading a file into a table. Whatever the file is, the answer is a table or a sentence that says what is wrong."""

import base64
import binascii
import csv
import re
import zlib
from dataclasses import dataclass
from io import StringIO

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext_lazy as _

from customers.refusals import Refused
from sitebackend.formats import file_types

LARGEST = 1_000_000  # bytes of a file
LARGEST_PACKED = 200_000  # bytes in the page, below the limit of a request's body
MOST_ROWS = 2000
MOST_COLUMNS = 60
_SPREADSHEETS = ("archive", "old office")  # .xlsx and .ods, .xls
_MAY_BE_TEXT = (file_types.TEXT, file_types.UNKNOWN, file_types.MAIL)  # UTF-16 looks like nothing; a list may say From:
_DELIMITERS = ";,\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file, by the number under which an editor shows it."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The columns' names, the rows, and (for cards) what each column is."""

    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    targets: tuple[str, ...] = ()

    def samples(self, column: int) -> list[str]:
        """The first three different values of a column, shortened."""
        values = dict.fromkeys(row.cells[column].strip() for row in self.rows if column < len(row.cells))
        return [value[:60] for value in values if value][:3]


def decoded(content: bytes) -> str:
    """The text of a file. Raises Refused for what is no text."""
    if len(content) > LARGEST:
        raise Refused(_("The file is too large. Split it into files of at most 1 MB."))
    kind = file_types.recognise(content)
    if kind in _SPREADSHEETS:
        raise Refused(_("This is a spreadsheet, not a text file. Save it there as CSV and choose that file."))
    if kind not in _MAY_BE_TEXT:
        message = _("This is {found}, whatever its name says. Choose a CSV or vCard file.")
        raise Refused(str(message).format(found=file_types.NAMES[kind]))
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise Refused(_("This is no text file. Choose a CSV or vCard file."))
    return text


def _decoded(content: bytes) -> str:
    codes = ["utf-16"] if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252", "latin-1"]
    for code in codes:
        try:
            return content.decode(code)
        except UnicodeDecodeError:
            continue
    raise Refused(_("This is no text file. Choose a CSV or vCard file."))


def read_csv(text: str) -> Table:
    """The first line names the columns. Raises Refused."""
    lines = text.lstrip("\n")
    first, _rest = (lines + "\n").split("\n", 1)
    reader = csv.reader(StringIO(lines), delimiter=max(_DELIMITERS, key=first.count), strict=True)
    try:
        headers = tuple(" ".join(cell.split()) for cell in next(reader, []))
        rows = tuple(Row(reader.line_num, tuple(cells)) for cells in reader if any(cell.strip() for cell in cells))
    except csv.Error as error:
        message = _("Line {line} cannot be read: a quotation mark is missing, or a cell is far too long.")
        raise Refused(str(message).format(line=reader.line_num)) from error
    if len(headers) > MOST_COLUMNS:
        raise Refused(_("The file has too many columns. Is it a customer list?"))
    return checked(Table(headers, rows))


def checked(table: Table) -> Table:
    """The same table. Raises Refused if there is nothing in it, or too much."""
    if not table.rows:
        raise Refused(_("There is nobody in this file. The first line names the columns, each further one a person."))
    if len(table.rows) > MOST_ROWS:
        message = _("The file has {count} entries. Split it into files of at most {most}.")
        raise Refused(str(message).format(count=len(table.rows), most=MOST_ROWS))
    return table


def pack(content: bytes) -> str:
    """The file as the page carries it from step to step: compressed, and signed, so that it is what was uploaded."""
    packed = Signer(salt="customers.import").sign(base64.b64encode(zlib.compress(content, 9)).decode())
    if len(packed) > LARGEST_PACKED:
        raise Refused(_("The file is too large. Split it into files of at most 1 MB."))
    return packed


def unpack(packed: str) -> bytes:
    """Raises Refused if it is not what `pack` made."""
    try:
        return zlib.decompress(base64.b64decode(Signer(salt="customers.import").unsign(packed)))
    except (BadSignature, binascii.Error, zlib.error) as error:
        raise Refused(_("The page does not hold the uploaded file any more. Choose the file again.")) from error


def is_cards(text: str) -> bool:
    return bool(re.match(r"\s*BEGIN:VCARD", text, re.IGNORECASE))
