"""Files as people upload them, real ones: made by the programs' own libraries."""

from email.message import EmailMessage
from io import BytesIO
from typing import Any

from PIL import Image
from pypdf import PdfWriter


def pdf(*, pages: int = 1, password: str = "", owner_password: str | None = None, words: str = "") -> bytes:
    writer, stream = PdfWriter(), BytesIO()
    for _number in range(pages):
        writer.add_blank_page(width=595, height=842)
    if words:
        writer.add_metadata({"/Title": words})
    if password or owner_password:
        writer.encrypt(password, owner_password, algorithm="AES-256")
    writer.write(stream)
    return stream.getvalue()


def pdf_of(size: int) -> bytes:
    """A PDF of exactly so many bytes."""
    head, startxref, tail = pdf().rpartition(b"startxref")
    return head + b"%" + b"x" * (size - len(pdf()) - 2) + b"\n" + startxref + tail


def picture(format: str = "JPEG", size: tuple[int, int] = (300, 400), **options: Any) -> bytes:
    stream = BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(stream, format, **options)
    return stream.getvalue()


def mail(body: str = "Ich bin einverstanden.", **left_out: None) -> bytes:
    message = EmailMessage()
    headers = {"From": "a@example.de", "To": "b@example.de", "Date": "Mon, 05 Jan 2026 10:00:00 +0100"}
    for name, value in (headers | {"Message-ID": "<1@example.de>"}).items():
        if name.replace("-", "_").lower() not in left_out:
            message[name] = value
    message.set_content(body)
    return message.as_bytes()


def heic() -> bytes:
    def box(kind: bytes, content: bytes) -> bytes:
        return (len(content) + 8).to_bytes(4, "big") + kind + content

    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", b"\0" * 200) + box(b"mdat", b"\1" * 500)


INVOICE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice '
    b'xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"><rsm:ExchangedDocument/>'
    b"</rsm:CrossIndustryInvoice>"
)
