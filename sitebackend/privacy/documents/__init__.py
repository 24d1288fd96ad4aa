"""The copy of a person's data, for people (HTML, PDF) and machines (JSON, CSV, vCard).

One `Answer` is made out of the registry; every form is made out of it alone, so that an answer that was completed
on another computer comes out the same. (The module `pdf` is not loaded here: it takes a second.)
"""

from sitebackend.privacy.documents.answer import Answer, collect
from sitebackend.privacy.documents.archive import NoPackage, archive, complete, is_finished, pack, unpack
from sitebackend.privacy.documents.forms import as_csv, as_html, as_json, as_vcards

__all__ = [
    "Answer",
    "NoPackage",
    "archive",
    "as_csv",
    "as_html",
    "as_json",
    "as_vcards",
    "collect",
    "complete",
    "is_finished",
    "pack",
    "unpack",
]
