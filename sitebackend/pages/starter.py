"""The pages that a fresh site starts with: a small IT-service firm, clearly an example, in German and English.

The texts lie in `starter/<language>/<name>.html`; what is a fact of the business (imprint, notice) is not in
them but in SiteSettings.
"""

from dataclasses import dataclass
from pathlib import Path

from sitebackend.pages.models.choices import Menu, Template

_TEXTS = Path(__file__).parent / "starter"


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterPage:
    """One page in both languages; `name` is the German slug and the file's name."""

    name: str
    slug: dict[str, str]
    title: dict[str, str]
    description: dict[str, str]
    template: Template = Template.STANDARD
    menu: Menu = Menu.NONE
    menu_order: int = 50
    parent: str = ""

    def body(self, language: str) -> str:
        return (_TEXTS / language / f"{self.name}.html").read_text(encoding="utf-8")


def _both(de: str, en: str) -> dict[str, str]:
    return {"de": de, "en": en}


EXAMPLE_BUSINESS = {
    "business_name": "Muster IT-Service",
    "claim": "Netzwerke und Geräte für kleine Betriebe",
    "owner": "Erika Mustermann",
    "street": "Musterstraße 1",
    "postal_code": "12345",
    "city": "Musterstadt",
    "phone": "030 23125 000",
    "opening_hours": "Montag bis Donnerstag 8–17 Uhr\nFreitag 8–14 Uhr",
}

STARTER_PAGES = (
    StarterPage(
        name="start",
        slug=_both("", ""),
        title=_both("IT, die läuft. Und jemand, der ans Telefon geht.", "IT that works. And somebody who picks up."),
        description=_both(
            "Wir betreuen Netzwerke und Geräte kleiner Betriebe in Musterstadt und Umgebung: "
            "persönlich, planbar, ohne Fachchinesisch.",
            "We look after the networks and devices of small businesses in and around Musterstadt: "
            "in person, predictably, without jargon.",
        ),
        template=Template.HOME,
    ),
    StarterPage(
        name="leistungen",
        slug=_both("leistungen", "services"),
        title=_both("Leistungen", "Services"),
        description=_both(
            "Drei Dinge, die jeder Betrieb braucht, und die man am besten nicht bemerkt.",
            "Three things that every business needs, at their best when nobody notices them.",
        ),
        template=Template.OVERVIEW,
        menu=Menu.MAIN,
        menu_order=10,
    ),
    StarterPage(
        name="netzwerke",
        slug=_both("netzwerke", "networks"),
        title=_both("Netzwerke", "Networks"),
        description=_both(
            "Kabel, WLAN und sichere Zugänge: geplant, gemessen, beschriftet.",
            "Cables, Wi-Fi and safe access: planned, measured, labelled.",
        ),
        menu_order=10,
        parent="leistungen",
    ),
    StarterPage(
        name="arbeitsplaetze",
        slug=_both("arbeitsplaetze", "workplaces"),
        title=_both("Arbeitsplätze", "Workplaces"),
        description=_both(
            "Rechner, Drucker und Telefone: eingerichtet, aktuell gehalten, erklärt.",
            "Computers, printers and telephones: set up, kept up to date, explained.",
        ),
        menu_order=20,
        parent="leistungen",
    ),
    StarterPage(
        name="datensicherung",
        slug=_both("datensicherung", "backups"),
        title=_both("Datensicherung", "Backups"),
        description=_both(
            "Kopien, die es gibt, wenn man sie braucht: verschlüsselt, außer Haus, geprobt.",
            "Copies that exist when they are needed: encrypted, off site, rehearsed.",
        ),
        menu_order=30,
        parent="leistungen",
    ),
    StarterPage(
        name="aktuelles",
        slug=_both("aktuelles", "news"),
        title=_both("Aktuelles", "News"),
        description=_both("Was sich bei uns tut.", "What is going on here."),
        template=Template.POSTS,
        menu=Menu.MAIN,
        menu_order=20,
    ),
    StarterPage(
        name="neue-website",
        slug=_both("neue-website", "new-website"),
        title=_both("Unsere neue Website", "Our new website"),
        description=_both(
            "Schnell, ohne Werbung, ohne Beobachtung: Was diese Website anders macht.",
            "Fast, without advertising, without watching you: what this website does differently.",
        ),
        template=Template.POST,
        parent="aktuelles",
    ),
    StarterPage(
        name="kontakt",
        slug=_both("kontakt", "kontakt"),
        title=_both("Kontakt", "Contact"),
        description=_both("Schreiben Sie uns, oder rufen Sie an.", "Write to us, or give us a call."),
        menu=Menu.MAIN,
        menu_order=90,
    ),
    StarterPage(
        name="impressum",
        slug=_both("impressum", "impressum"),
        title=_both("Impressum", "Imprint"),
        description=_both("Wer hinter dieser Website steht.", "Who is behind this website."),
        template=Template.IMPRINT,
    ),
    StarterPage(
        name="datenschutz",
        slug=_both("datenschutz", "datenschutz"),
        title=_both("Datenschutz", "Privacy"),
        description=_both(
            "Was wir über Sie erfahren, wozu, wie lange, und welche Rechte Sie haben.",
            "What we learn about you, what for, for how long, and which rights you have.",
        ),
        template=Template.NOTICE,
    ),
)
