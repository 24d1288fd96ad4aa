"""Links in what was typed, with and without a scheme: how many places they lead to, and whether they hide it."""

import re
from collections.abc import Collection

from contact.spam import lists

#: Endings that make a word a link even where nobody wrote `https://`. No endings of files (py, sh, zip), and none
#: that a sentence makes by a forgotten blank ("geht.so", "call.me").
_ENDINGS = lists.words("link_endings")
#: Those that a forgotten blank makes as well count with a path behind them.
_ENDINGS_BEFORE_A_PATH = lists.words("link_endings_before_a_path")
_SCHEME = r"(?:https?|hxxps?|ftp)://"
_HOST = r"(?:[a-z0-9-]+\.)+"
LINK = re.compile(
    rf"{_SCHEME}[^\s<>\"\]]+"
    rf"|(?<![\w@./-])www\.[^\s<>\"\]]+"
    rf"|(?<![\w@./-]){_HOST}(?:{'|'.join(_ENDINGS)})\b(?![\w@-]|\.\w)(?:[:/?#][^\s<>\"\]]*)?"
    rf"|(?<![\w@./-]){_HOST}(?:{'|'.join(_ENDINGS_BEFORE_A_PATH)})/[^\s<>\"\]]+",
    re.IGNORECASE,
)
#: "example (dot) com", "example[.]com": written so that no program sees a link.
_HIDDEN_DOT = re.compile(
    rf"\w\s?(?:\(\s?(?:dot|punkt|\.)\s?\)|\[\s?(?:dot|punkt|\.)\s?\]|\s(?:dot|punkt)\s)\s?(?:{'|'.join(_ENDINGS)})\b",
    re.IGNORECASE,
)


_MARKUP = re.compile(r"\[url[=\]]|<a\s[^<>]*href", re.IGNORECASE)  # each sign is looked at once, however many <a


def links(text: str) -> list[str]:
    return LINK.findall(text)


def is_bare(link: str) -> bool:
    """Only the name of a place, as a firm's own name can be one."""
    return _host(link) == link.lower()


def hosts(text: str) -> set[str]:
    """The places that the links lead to, each once: a log repeats one, advertising names many."""
    return {_host(link) for link in links(text)}


def has_short_link(text: str) -> bool:
    return _any_of(lists.words("short_links"), text)


def has_messenger_link(text: str) -> bool:
    return _any_of(lists.words("messengers"), text)


def has_hidden_link(text: str) -> bool:
    return bool(_HIDDEN_DOT.search(text))


def has_markup(text: str) -> bool:
    return bool(_MARKUP.search(text))


def without(text: str) -> str:
    return LINK.sub(" ", text)


def _any_of(known: Collection[str], text: str) -> bool:
    return not hosts(text).isdisjoint(known)


def _host(link: str) -> str:
    host = re.sub(rf"^{_SCHEME}", "", link, flags=re.IGNORECASE)
    return re.split(r"[/:?#]", host, maxsplit=1)[0].lower().removeprefix("www.").rstrip(".")
