"""Customers from a file: nobody without what they agreed to, nothing before it was shown, whatever the file is."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from customers.forms.technical import FORMS, SecretField
from customers.importing import columns
from customers.importing.cards import read_cards
from customers.importing.table import LARGEST, MOST_ROWS, Table, decoded, pack, read_csv
from customers.models import ConsentEntry, ContactPoint, Customer, NumberRange
from customers.refusals import Refused
from customers.services.imports import Outcome
from customers.services.register import erase_customer
from tests.customers.conftest import SIGNED_PAPER

pytestmark = pytest.mark.django_db
PAGE = reverse("admin:customers_customer_import")
LIST = """Kundennummer;Anrede;Vorname;Nachname;Firma;Straße;PLZ Ort;Telefon;Mobil;E-Mail;Notizen;Lieblingsfarbe
A-17;Frau;Änne;Möller;"Bäckerei; Möller";Königsallee 7;04109 Leipzig;+49 341 1;0171 2;a@example.de;"Hof
hinten";blau
;Hr.;Björn;Groß;;Weg 1;10115 Berlin;030 1;;b@example.de;;grün
"""
CARDS = """BEGIN:VCARD
VERSION:3.0
N:Möller;Änne;;Frau;
ORG:Bäckerei Möller
TEL;TYPE=WORK:+49 341 1
TEL;TYPE=CELL:0171 2
item1.EMAIL;TYPE=INTERNET:a@example.de
ADR;TYPE=WORK:;;Königsallee 7 b;Leipzig;;04109;Deutschland
ADR;TYPE=HOME:;;Gartenweg 1;Halle;;06108;Deutschland
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;
TEL;CELL:0171 1
END:VCARD
BEGIN:VCARD
VERSION:4.0
N:Groß;Eva;;;
TEL;VALUE=uri;TYPE=cell:tel:+49-171-3
END:VCARD
"""


def answers(**changes: str) -> dict[str, str]:
    said = {"given_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"), "channel": "meeting", "form": "oral"}
    return said | {"contract": "contract", "invoicing": "contract", "retention": "refused"} | changes


@pytest.fixture
def step(admin_client: Client, vault_key: bytes) -> Callable[..., Any]:
    """One step of the import, answered as a browser would: what the page before holds goes along."""
    held: dict[str, str] = {}

    def go(name: str, file: str | bytes = "", **changes: str) -> Any:
        if file:
            held.clear()
            content = file.encode() if isinstance(file, str) else file
            response = admin_client.post(PAGE, {"step": name, "file": SimpleUploadedFile("kunden.csv", content)})
        else:
            held.update(changes)
            response = admin_client.post(PAGE, held | {"step": name})
        held.update(_held_by(response))
        return response

    return go


def _held_by(response: Any) -> dict[str, str]:
    context = response.context or {}
    form, shown = context.get("form"), context.get("shown")
    if form is None or not hasattr(form, "table"):
        return {}
    values = {name: form[name].value() for name in form.fields}
    held = {name: str(value) for name, value in values.items() if value not in (None, False) and name != "given_at"}
    return held | ({"digest": shown.digest} if shown else {})


def outcomes(response: Any) -> list[tuple[int, bool, str]]:
    shown = response.context["shown"]
    found: list[Outcome] = sorted(shown.outcomes, key=lambda outcome: outcome.line)
    return [(outcome.line, bool(outcome.person), outcome.problem) for outcome in found]


def imported(step: Callable[..., Any], file: str, **changes: str) -> Any:
    step("file", file)
    step("preview", **answers(notes_purpose="Anfahrt", **changes))
    return step("import")


def test_a_list_is_read_mapped_shown_and_taken(step: Callable[..., Any]) -> None:
    form = step("file", LIST).context["form"]
    guessed = [field.value() for field, _samples in form.columns()]
    assert guessed == [
        "number", "salutation", "first_name", "last_name", "company", "street", "postal_code_city", "phone",
        "further_phone", "email", "notes", "",
    ]  # fmt: skip
    shown = step("preview", **answers(notes_purpose="Anfahrt"))
    assert outcomes(shown) == [(3, True, ""), (4, True, "")]
    assert not Customer.objects.exists()
    done = step("import").content.decode()
    anne, bjorn = Customer.objects.order_by("number")
    assert anne.number in done
    assert bjorn.number in done
    assert (anne.number, anne.salutation, anne.company, anne.city) == ("A-17", "ms", "Bäckerei; Möller", "Leipzig")
    assert (anne.notes, anne.notes_purpose) == ("Hof\nhinten", "Anfahrt")
    assert list(anne.contact_points.values_list("kind", "label", "value")) == [("phone", "Mobil", "0171 2")]
    assert (bjorn.number, bjorn.salutation, bjorn.notes) == ("K00018", "mr", "")
    assert "blau" not in str(list(Customer.objects.values()))


def test_every_purpose_is_on_record_for_everybody(step: Callable[..., Any]) -> None:
    imported(step, LIST)
    for customer in Customer.objects.all():
        said = {entry.purpose: (entry.decision, entry.legal_basis) for entry in customer.entries.all()}
        assert said == {
            "contract": ("given", "contract"),
            "invoicing": ("given", "contract"),
            "retention": ("refused", "consent"),
        }
        assert customer.do_not_contact
        assert {entry.recorded_by.username for entry in customer.entries.all()} == {"chefin"}
    assert LogEntry.objects.count() == 2
    assert "Möller" not in str(list(LogEntry.objects.values()))


@pytest.mark.parametrize("missing", ["contract", "invoicing", "retention", "channel", "form"])
def test_without_an_answer_to_each_question_nobody_is_taken(step: Callable[..., Any], missing: str) -> None:
    page = step("file", LIST).content
    assert b"checked" not in page
    for name in ("preview", "import"):
        assert step(name, **answers(notes_purpose="Anfahrt", **{missing: ""})).status_code == 422
    assert not Customer.objects.exists()
    assert not ConsentEntry.objects.exists()


def test_a_column_says_it_row_by_row(step: Callable[..., Any]) -> None:
    rows = [
        "Name;Vertrag;Abrechnung;Kundenpflege;Einwilligung am",
        "Anna Ja;Vertrag;ja;x;01.02.2024",
        "Bernd Nein;nein;ja;;2024-02-01",
        "Carla Leer;ja;;ja;2024-02-01",
        "Doris Was;ja;vielleicht;ja;2024-02-01",
        "Erik Morgen;ja;ja;nein;01.02.2199",
        "Frida Wann;ja;ja;nein;Frühling",
        "Gustav Vor;ja;ja;nein;01.02.1999",
        "Hanna Pflege;ja;ja;Vertrag;2024-02-01",
    ]
    response = imported(step, "\n".join(rows), contract="", invoicing="", retention="")
    assert [accepted for _line, accepted, _problem in outcomes(response)] == [True] + [False] * 7
    assert all(problem for _line, accepted, problem in outcomes(response) if not accepted)
    anna = Customer.objects.get()
    said = {entry.purpose: (entry.decision, entry.legal_basis) for entry in anna.entries.all()}
    assert said["contract"] == ("given", "contract")
    assert said["invoicing"] == said["retention"] == ("given", "consent")
    assert not anna.do_not_contact
    assert timezone.localtime(anna.contract_consent.given_at).replace(tzinfo=None) == datetime(2024, 2, 1)  # noqa: DTZ001


@pytest.mark.parametrize(
    "cell",
    ["=HYPERLINK(1)", "+SUM(1)", "-2+3", "@cmd", "|calc", "%x", "\t=1", "＝1", "a\u202eb", "a\x07b", "\x1b[31m"],
)
def test_formulas_and_hidden_signs_are_refused_with_their_row(step: Callable[..., Any], cell: str) -> None:
    response = imported(step, f'Nachname;Firma\nGut;Gut GmbH\nBöse;"{cell}"\n')
    assert [(line, accepted) for line, accepted, _problem in outcomes(response)] == [(2, True), (3, False)]
    assert Customer.objects.get().last_name == "Gut"


def test_a_telephone_may_begin_with_a_plus_and_nothing_else_may(step: Callable[..., Any]) -> None:
    response = imported(step, "Nachname;Telefon\nGut;+49 (0)341 / 1-2\nBöse;+49=cmd|'/c calc'!A1\n")
    assert [accepted for _line, accepted, _problem in outcomes(response)] == [True, False]


def test_html_stays_text(step: Callable[..., Any]) -> None:
    hostile = "<script>alert(1)</script>"
    for response in (step("file", f"Nachname\n{hostile}\n"), step("preview", **answers()), step("import")):
        assert hostile.encode() not in response.content
        assert b"&lt;script&gt;" in response.content


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 a spreadsheet",
        b"\xd0\xcf\x11\xe0 an old one",
        b"Nachname\n\0\0\n",
        b"\xff\xfeN\0a",
        b"Nachname\n",
        b"\n\n",
        b'Nachname;Ort\n"M\xc3\xb6ller;Leipzig\n',
        b"BEGIN:VCARD\nVERSION:3.0\nN:M",
        (";" * 100).encode() + b"\nx\n",
        b"Nachname\n" + b"x\n" * (MOST_ROWS + 1),
        b"Nachname\n" + b"x" * LARGEST,
    ],
)
def test_what_is_no_list_is_named_and_keeps_nothing(step: Callable[..., Any], content: bytes) -> None:
    response = step("file", content)
    assert response.status_code == 422
    assert [str(message) for message in response.context["messages"]]
    assert not Customer.objects.exists()


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(content: bytes) -> None:
    try:
        table = read_csv(decoded(content))
    except Refused:
        return
    assert isinstance(table, Table)


@given(st.text(st.sampled_from(list('BEGINVCARD:;=\n\r ,äTELADRN2.1\\"')), max_size=200))
def test_no_card_is_too_strange(text: str) -> None:
    for version in ("2.1", "3.0", "4.0"):
        try:
            assert read_cards(f"BEGIN:VCARD\nVERSION:{version}\n{text}\nEND:VCARD\n").rows
        except Refused:
            continue


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("between", [";", ",", "\t"])
def test_every_spreadsheets_csv_is_read(code: str, between: str) -> None:
    text = f"Nachname{between}Ort\r\nMöller{between}Köln\r\n"
    table = read_csv(decoded(text.encode(code)))
    assert (table.headers, table.rows[0].cells) == (("Nachname", "Ort"), ("Möller", "Köln"))


def test_cards_of_all_versions_are_read(step: Callable[..., Any]) -> None:
    response = imported(step, CARDS)
    assert [accepted for _line, accepted, _problem in outcomes(response)] == [True, True, True]
    anne = Customer.objects.get(company="Bäckerei Möller")
    assert (anne.salutation, anne.street, anne.email) == ("ms", "Königsallee 7 b", "a@example.de")
    assert set(anne.contact_points.values_list("kind", "value", "city")) == {
        ("phone", "0171 2", ""),
        ("address", "", "Halle"),
    }
    assert Customer.objects.filter(last_name="Müller", first_name="Jörg").exists()
    assert Customer.objects.get(last_name="Groß").phone == "+49-171-3"


def test_somebody_who_is_here_already_or_stands_there_twice_is_left_out(
    step: Callable[..., Any], customer: Customer
) -> None:
    ContactPoint.objects.create(customer=customer, kind="email", value="zwei@example.de")
    rows = f"Nachname;E-Mail\nA;{customer.email.upper()}\nB;zwei@example.de\nC;c@example.de\nD;C@example.de\n"
    response = imported(step, rows)
    assert [accepted for _line, accepted, _problem in outcomes(response)] == [False, False, True, False]
    assert customer.number in outcomes(response)[1][2]
    response = imported(step, rows, similar_too="on")
    assert [accepted for _line, accepted, _problem in outcomes(response)] == [True] * 4


def test_what_is_the_same_is_said(step: Callable[..., Any], customer: Customer) -> None:
    customer.phone, customer.postal_code = "0341 77", "04109"
    customer.save()
    name = f"{customer.first_name};{customer.last_name};{customer.company}"
    rows = ["Vorname;Nachname;Firma;PLZ;Telefon;E-Mail", f";A;;;;{customer.email}", ";B;;;0341 / 77;"]
    rows += [f"{name};04109;;", f"{name};04109;0341 77;{customer.email}", ";C;;;0171 9;c@example.de", ";D;;;0171 9;"]
    problems = [problem.split(": ")[-1] for _line, _accepted, problem in outcomes(imported(step, "\n".join(rows)))]
    email, phone, person = "gleiche E-Mail-Adresse", "gleiche Telefonnummer", "gleicher Name und gleiche Postleitzahl"
    everything = f"{email}, {phone}, {person}."
    assert problems == [f"{email}.", f"{phone}.", f"{person}.", everything, "", f"{phone}."]


def test_a_number_of_ones_own_is_taken_once_and_never_comes_again(step: Callable[..., Any]) -> None:
    response = imported(step, "Nachname;Nr.\nA;K00007\nB;K00007\nC;\n", column_1="number")
    assert [accepted for _line, accepted, _problem in outcomes(response)] == [True, False, True]
    assert set(Customer.objects.values_list("number", flat=True)) == {"K00007", "K00008"}
    erase_customer(customer=Customer.objects.get(number="K00007"))
    response = imported(step, "Nachname;Nr.\nA;K00007\nD;K00008\nE;=1\n", column_1="number")
    assert [accepted for _line, accepted, _problem in outcomes(response)] == [False, False, False]
    assert NumberRange.objects.get().highest == 8


def test_rows_that_are_not_plausible_say_why(step: Callable[..., Any]) -> None:
    rows = [";x@example.de;", "B;keine Adresse;", "C;;DE136695978", "D;d@example.de;DE136695976;zuviel"]
    response = imported(step, "\n".join(["Nachname;E-Mail;USt-IdNr", *rows]))
    assert [accepted for _line, accepted, _problem in outcomes(response)] == [False] * 4
    assert all(problem for _line, _accepted, problem in outcomes(response))
    assert not Customer.objects.exists()
    assert NumberRange.objects.get().highest == 0


@pytest.mark.parametrize(
    "changes",
    [{"column_0": "", "column_4": ""}, {"column_0": "phone"}, {"column_0": "boat"}, {"column_10": "notes"}],
)
def test_columns_that_do_not_add_up_are_asked_again(step: Callable[..., Any], changes: dict[str, str]) -> None:
    step("file", LIST)
    assert step("preview", **answers(column_2="", column_3="", **changes)).status_code == 422


def test_what_changed_since_the_preview_is_shown_again_and_not_done(
    step: Callable[..., Any], new_customer: Callable[..., Customer]
) -> None:
    step("file", LIST)
    step("preview", **answers(notes_purpose="Anfahrt"))
    new_customer(email="a@example.de")
    response = step("import")
    assert response.status_code == 422
    assert [accepted for _line, accepted, _problem in outcomes(response)] == [False, True]
    assert Customer.objects.count() == 1


def test_a_page_that_was_tampered_with_is_refused(step: Callable[..., Any]) -> None:
    step("file", LIST)
    step("preview", **answers(notes_purpose="Anfahrt"))
    assert step("import", packed=pack(b"Nachname\nAndere\n").replace(":", "x:", 1)).status_code == 422
    assert step("import", packed=pack(b"Nachname;A;B;C;D;E;F;G;H;I;J;K\nAndere\n")).status_code == 422
    assert step("import", packed="").status_code == 422
    assert not Customer.objects.exists()


def test_one_steps_back_with_all_answers(step: Callable[..., Any]) -> None:
    step("file", LIST)
    step("preview", **answers(notes_purpose="Anfahrt", retention="given"))
    form = step("columns").context["form"]
    assert (form["retention"].value(), form["notes_purpose"].value()) == ("given", "Anfahrt")


def test_nothing_of_the_file_is_kept_before_the_last_step(
    step: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    step("file", "Nachname\nKanarienvogel-4711\n")
    response = step("preview", **answers())
    assert "no-store" in response.headers["Cache-Control"]
    folders = (tmp_path, Path(django_settings.DATA_DIR))
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert [path for path in files if b"Kanarienvogel" in path.read_bytes()] == []
    assert not Customer.objects.exists()


def test_without_a_vault_nobody_is_taken(admin_client: Client) -> None:
    file = SimpleUploadedFile("kunden.csv", b"Nachname\nM\n")
    form = admin_client.post(PAGE, {"step": "file", "file": file}).context["form"]
    data = {"packed": form["packed"].value(), "column_0": "last_name"} | answers()
    shown = admin_client.post(PAGE, data | {"step": "preview"}).context["shown"]
    assert admin_client.post(PAGE, data | {"step": "import", "digest": shown.digest}).status_code == 422
    assert not Customer.objects.exists()


def test_there_is_no_column_for_technical_data(step: Callable[..., Any]) -> None:
    fields = {name: field for form in FORMS.values() for name, field in form().fields.items()}
    assert not {name for name, field in fields.items() if isinstance(field, SecretField)} & set(columns.LABELS)
    assert not {"ssid", "subnets", "addresses", "ports", "serial", "details"} & set(columns.LABELS)
    for header in ("SSID", "WLAN-Passwort", "Passwort", "IP-Adresse", "Seriennummer"):
        assert columns.guess((header,)) == [""]
    step("file", "Nachname;SSID\nMöller;Backstube\n")
    assert step("preview", **answers(column_1="ssid")).status_code == 422


def test_signed_papers_are_no_list(step: Callable[..., Any]) -> None:
    assert step("file", SIGNED_PAPER.content).status_code == 422


def test_strangers_do_not_get_in(client: Client, vault_key: bytes) -> None:
    assert "sign-in-password" in client.post(PAGE, {"step": "file"}).content.decode()


# --- consents in a file


AGREED = "Nachname;E-Mail;Einwilligung am;Einwilligung per;Einwilligung Vertrag;Einwilligung Abrechnung;Kundenpflege\n"


def test_people_who_agreed_by_word_of_mouth_are_taken_with_day_channel_and_wording(step: Callable[..., Any]) -> None:
    """The source document's own case: the master data are kept after oral consent."""
    said = {"contract": "consent", "invoicing": "consent", "retention": "given"}
    shown = imported(step, LIST, **said, given_at="2024-03-01T10:00", channel="phone")
    assert [taken for _line, taken, _problem in outcomes(shown)] == [True, True]
    for entry in ConsentEntry.objects.all():
        day = timezone.localtime(entry.given_at)
        assert (entry.decision, entry.legal_basis, entry.form, entry.channel) == ("given", "consent", "oral", "phone")
        assert (day.year, day.month, day.day, entry.words[:3]) == (2024, 3, 1, "Ich")
    assert ConsentEntry.objects.count() == 6
    assert not Customer.objects.filter(do_not_contact=True).exists()


def test_the_preview_says_what_the_ledger_will_hold(step: Callable[..., Any]) -> None:
    step("file", LIST)
    shown = step("preview", **answers(notes_purpose="x", contract="consent", given_at="2024-03-01T10:00"))
    text = shown.content.decode()
    assert "mündlich" in text
    assert "1. März 2024" in text
    assert "Fassung 1" in text


def test_each_row_may_say_its_own_day_channel_and_answer(step: Callable[..., Any]) -> None:
    rows = "A;a@example.de;01.02.2024;telefonisch;ja;ja;ja\nB;b@example.de;02.02.2024;Brief;ja;Vertrag;nein\n"
    imported(step, AGREED + rows, given_at="", contract="", invoicing="", retention="")
    one, other = Customer.objects.order_by("number")
    told = {(entry.channel, entry.form, entry.legal_basis) for entry in one.entries.all()}
    assert told == {("phone", "oral", "consent")}
    contract = other.entries.get(purpose="contract")
    assert (contract.channel, contract.form, contract.given_at.astimezone().day) == ("letter", "written", 2)
    assert other.invoicing_consent.legal_basis == "contract"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("A;a@example.de;;telefonisch;ja;ja;nein\n", "Tag"),
        ("A;a@example.de;01.02.2024;Rauchzeichen;ja;ja;nein\n", "persönlich"),
        ("A;a@example.de;01.02.2014;telefonisch;ja;ja;nein\n", "Fassung"),
        ("A;a@example.de;01.02.2024;telefonisch;nein;ja;nein\n", "Grundlage"),
    ],
)
def test_a_row_whose_consent_is_not_whole_is_refused_with_a_clear_line(
    step: Callable[..., Any], row: str, problem: str
) -> None:
    step("file", AGREED + row)
    (outcome,) = outcomes(step("preview", **answers(given_at="", contract="", invoicing="", retention="")))
    assert not outcome[1]
    assert problem in outcome[2]


def test_without_a_day_the_contract_alone_can_be_the_basis(step: Callable[..., Any]) -> None:
    step("file", LIST)
    refused = step("preview", **answers(notes_purpose="x", given_at="", contract="consent"))
    assert refused.status_code == 422
    assert refused.context["form"].errors["given_at"]
    shown = step("preview", contract="contract")
    assert [taken for _line, taken, _problem in outcomes(shown)] == [True, True]
    step("import")
    assert Customer.objects.count() == 2


def test_the_day_of_a_consent_is_never_guessed(step: Callable[..., Any]) -> None:
    assert not step("file", LIST).context["form"]["given_at"].value()
