"""A file is what its bytes are, whole; its name and what the browser says do not count."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from django.utils import translation

from sitebackend.formats import file_types
from sitebackend.formats.file_types import HEIC, INVOICE, JPEG, MAIL, PDF, PNG, SCANS, TIFF, WEBP, FileError
from tests.formats import files


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (files.pdf(), PDF),
        (files.pdf() + b"\r\n\0\0", PDF),
        (files.pdf(owner_password="nobody prints this"), PDF),
        (files.picture("JPEG"), JPEG),
        (files.picture("PNG"), PNG),
        (files.picture("TIFF", compression="tiff_lzw"), TIFF),
        (files.picture("WEBP"), WEBP),
        (files.heic(), HEIC),
    ],
)
def test_a_scan_is_taken_in_the_formats_of_scanners_and_telephones(content: bytes, kind: str) -> None:
    assert file_types.check(content, SCANS) == kind


def test_a_mail_and_an_invoice_are_taken_where_they_are_expected() -> None:
    assert file_types.check(files.mail(), (PDF, MAIL)) == MAIL
    assert file_types.check(files.INVOICE, (PDF, INVOICE)) == INVOICE
    assert file_types.check(b"\xef\xbb\xbf" + files.INVOICE, (INVOICE,)) == INVOICE
    ubl = b"<?xml version='1.0'?><ubl:Invoice xmlns:ubl='urn:ubl'><a/></ubl:Invoice>"
    assert file_types.check(ubl, (INVOICE,)) == INVOICE


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"Hallo!", "a text file"),
        (b"MZ\x90\0 a program", "a program"),
        (b"\x7fELF\2\1\1", "a program"),
        (b"#!/bin/sh\nrm -rf", "a program"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "a web page"),
        (b"\n <HTML><body>%PDF-1.7", "a web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing"),
        (b"PK\x03\x04 docx", "an archive or an Office file"),
        (b"\xd0\xcf\x11\xe0 doc", "a file of an older Office program"),
        (b"GIF89a;", "a GIF picture"),
        (b"\1\2\3\4\5\6\7\0", "a file of an unknown kind"),
        (b"-----BEGIN PGP MESSAGE-----\n", "an OpenPGP file"),
        (b"\n" + files.pdf(), "a"),  # a PDF begins with its mark
        (files.mail(), "e-mail"),
        (files.INVOICE, "electronic invoice"),
    ],
)
def test_what_was_found_is_named_with_what_is_expected(content: bytes, found: str) -> None:
    with translation.override("en"), pytest.raises(FileError, match=f"This is {found}.*Expected: PDF, JPEG"):
        file_types.check(content, SCANS)


def _with_archive(content: bytes) -> bytes:
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        archive.writestr("x.txt", "x")
        archive.comment = b"%%EOF"
    return content + stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 500,
        b" \r\n",
        b"%PDF-1.7",
        b"%PDF-1.7\n%%EOF",
        b"%PDF-1.7 not one object %%EOF\n",
        files.pdf()[:-40],
        files.pdf()[:200] + b"\n%%EOF\n",
        files.pdf() + b"<script>alert(1)</script>",
        files.pdf(pages=0),
        files.pdf(password="secret"),
        _with_archive(files.pdf()),
        _with_archive(files.picture("JPEG")),
        files.picture("JPEG")[:3000],
        files.picture("PNG")[:3000],
        files.picture("PNG", (99, 400)),
        files.picture("PNG", (1, 1)),
        files.picture("TIFF")[:3000],
        files.picture("WEBP")[:1000],
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        files.heic()[:-1],
        files.heic() + b"\0",
        files.heic()[:20],
        files.mail("")[:20],
    ],
)
def test_what_is_empty_cut_off_locked_or_doubled_is_refused(content: bytes) -> None:
    with pytest.raises(FileError):
        file_types.check(content, (*SCANS, MAIL))


@pytest.mark.parametrize(
    "content", [files.mail(""), files.mail(date=None), files.mail(message_id=None), b"From: x\n\nJa"]
)
def test_a_mail_without_who_when_or_what_proves_nothing(content: bytes) -> None:
    with pytest.raises(FileError):
        file_types.check(content, (MAIL,))


@pytest.mark.parametrize(
    "content",
    [
        files.INVOICE[:-10],
        b"<?xml version='1.0'?><Invoice/>",
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><Invoice>&a;<x/></Invoice>",
        b"<?xml version='1.0'?><order><Invoice/></order>",
    ],
)
def test_xml_that_is_no_whole_invoice_is_refused(content: bytes) -> None:
    with pytest.raises(FileError):
        file_types.check(content, (INVOICE,))


@pytest.mark.parametrize(
    ("kind", "name", "kept_as"),
    [
        (PDF, "vertrag.PDF", "vertrag.PDF"),
        (PDF, "vertrag.txt", "vertrag.txt.pdf"),
        (JPEG, "foto", "foto.jpg"),
        (JPEG, "foto.jpeg", "foto.jpeg"),
        (PDF, "rechnung\u202efdp.exe", "rechnungfdp.exe.pdf"),
        (PDF, "\u202e\n", "file.pdf"),
        ("text/plain", "switch.cfg", "switch.cfg"),
    ],
)
def test_the_name_ends_as_the_content_says(kind: str, name: str, kept_as: str) -> None:
    assert file_types.named_by(kind, name) == kept_as
