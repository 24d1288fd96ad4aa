"""The necessary group and the words that a new site starts with. Written once by a migration; then the operator's."""

from typing import Any

BANNER = {
    "de": {
        "title": "Dürfen wir externe Inhalte laden?",
        "text": (
            "Von sich aus lädt diese Website nichts von anderen Anbietern und setzt kein Cookie. Ihre Entscheidung "
            "merkt sich ein Cookie einen Tag lang; Sie können sie jederzeit ändern."
        ),
    },
    "en": {
        "title": "May we load external content?",
        "text": (
            "By itself this website loads nothing from other providers and sets no cookie. A cookie remembers your "
            "decision for one day; you can change it at any time."
        ),
    },
}

GROUPS: list[dict[str, Any]] = [
    {
        "varname": "essential",
        "is_required": True,
        "ordering": 1,
        "cookies": ["einwilligung", "admin-session", "admin-csrf", "admin-device", "vault"],
        "wordings": {
            "de": {
                "name": "Notwendig",
                "purpose": (
                    "Merkt sich Ihre Cookie-Auswahl. Die Verwaltung der Website, die nur der Betreiber benutzt, "
                    "setzt für ihn weitere Cookies. Keines davon enthält personenbezogene Daten."
                ),
                "provider": "Diese Website",
                "lifetime": "Ihre Auswahl einen Tag, die Cookies der Verwaltung höchstens 180 Tage",
            },
            "en": {
                "name": "Necessary",
                "purpose": (
                    "Remembers your cookie choice. The administration of the website, which only the operator uses, "
                    "sets further cookies for him. None of them holds personal data."
                ),
                "provider": "This website",
                "lifetime": "Your choice one day, the administration's cookies 180 days at most",
            },
        },
    },
]


def write(*, cookie_group: Any, cookie: Any, group_wording: Any, banner_wording: Any) -> None:
    """Create what is missing, with the given model classes (a migration's or the real ones)."""
    for language, words in BANNER.items():
        banner_wording.objects.get_or_create(language=language, defaults=words)
    for group in GROUPS:
        row, _ = cookie_group.objects.get_or_create(
            varname=group["varname"],
            defaults={
                "name": group["wordings"]["de"]["name"],
                "is_required": group["is_required"],
                "is_deletable": not group["is_required"],
                "ordering": group["ordering"],
            },
        )
        for name in group["cookies"]:
            cookie.objects.get_or_create(cookiegroup=row, name=name, domain="")
        for language, words in group["wordings"].items():
            group_wording.objects.get_or_create(group=row, language=language, defaults=words)
