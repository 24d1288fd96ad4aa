"""All forms of an answer in one ZIP file, and the package that is completed where the secret key is."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from sitebackend.privacy.documents.answer import Answer, Entry, value
from sitebackend.privacy.documents.forms import as_csv, as_html, as_json, as_vcards

CONTENT = "content.json"
FILES = "files/"
SEALED = "sealed/"
LARGEST = 500 * 1024 * 1024  # bytes, unpacked
Decrypt = Callable[[bytes], tuple[dict[str, str], dict[str, str]]]  #: ciphertext → labelled values, contact data


class NoPackage(ValueError):
    """The file is not a package of this program."""


def archive(answer: Answer, *, made: bytes = b"") -> bytes:
    """The page, the PDF, JSON, CSV, the cards, and the files that are part of the copy. `made`: the PDF, if it is."""
    from sitebackend.privacy.documents.pdf import as_pdf  # takes a second to load, and few processes ever need it

    with translation.override(answer.language):
        name = _("answer")
    parts: dict[str, bytes] = {
        f"{name}.html": as_html(answer).encode(),
        f"{name}.pdf": made or as_pdf(answer),
        f"{name}.json": as_json(answer).encode(),
        f"{name}.csv": as_csv(answer),
    }
    if cards := as_vcards(answer):
        parts[f"{name}.vcf"] = cards.encode()
    return _zipped(parts | answer.files)


def pack(answer: Answer) -> bytes:
    """The unfinished answer: its content, its files, and each ciphertext also as a file that plain gpg opens."""
    sealed = {f"{SEALED}{entry.identifier}.asc": entry.sealed.encode() for entry in answer.entries if entry.sealed}
    files = {f"{FILES}{name}": content for name, content in answer.files.items()}
    with translation.override(answer.language):
        read_me = _(
            "This package is not the answer yet. On the computer that has the secret key of the operator:\n\n"
            "    uv run manage.py subject complete {reference}.package.zip\n\n"
            "makes the finished answer of it. Without this program, gpg -d opens each file in the folder “sealed”."
        ).format(reference=answer.reference)
    return _zipped({"README.txt": read_me.encode(), CONTENT: answer.to_json().encode(), **files, **sealed})


def unpack(package: bytes) -> Answer:
    """Read what `pack` made. Raises NoPackage."""
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as file:
            if sum(member.file_size for member in file.infolist()) > LARGEST:
                raise NoPackage(_("This package is too large."))
            names = [name for name in file.namelist() if name.startswith(FILES)]
            files = {name.removeprefix(FILES): file.read(name) for name in names}
            return Answer.from_json(file.read(CONTENT).decode(), files)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise NoPackage(_("This file is not a package for an answer.")) from error


def complete(answer: Answer, decrypt: Decrypt) -> Answer:
    """The answer with what the secret key opens in its place. Raises what `decrypt` raises."""
    holdings = [
        replace(told, entries=[_completed(entry, decrypt) for entry in told.entries]) for told in answer.holdings
    ]
    return replace(answer, holdings=holdings)


def is_finished(content: bytes, *, reference: str) -> bool:
    """Whether this is the archive of the answer to this request, with nothing missing."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            found = [json.loads(file.read(name)) for name in file.namelist() if name.endswith(".json")]
    except (zipfile.BadZipFile, ValueError):
        return False
    told = [facts for facts in found if isinstance(facts, dict) and "controller" in facts]
    fitting = [facts for facts in told if facts.get("reference") == reference]
    return bool(fitting) and not any("follows_separately" in item for item in _items(fitting[0]))


def _items(facts: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for holding in facts.get("holdings", []) for item in holding["items"]]


def _completed(entry: Entry, decrypt: Decrypt) -> Entry:
    if not entry.sealed:
        return entry
    values, card = decrypt(entry.sealed.encode())
    told = [*entry.values, *(value(label, content) for label, content in values.items())]
    return replace(entry, values=told, card=card, missing="", sealed="")


def _zipped(parts: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return buffer.getvalue()
