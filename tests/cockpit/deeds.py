"""What is posted for each deed of the table: whatever makes it act, from the forms as a browser would send them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from django.conf import settings
from django.forms import MultiWidget
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from contact.key_trials import digest_of
from contact.models import KeyTrial, KnownKey, ReadingKey, Submission
from contact.personal_data import Submissions
from customers.importing.table import pack
from customers.models import Customer
from customers.models.consent import Purpose
from customers.services.consents import plan_withdrawal
from sitebackend import nonce
from sitebackend.models import Operator
from sitebackend.pages.models import Revision
from sitebackend.privacy import erasure, registry
from sitebackend.privacy.services import execution, identity, rights
from sitebackend.vault import maintenance, messages_lock, sessions
from sitebackend.vault.models import Lock, Vault
from tests.cockpit.roles import ADMINS, may_do
from tests.cockpit.world import VAULT_PASSPHRASE, World, addresses, local, picture, rows_of, upload
from tests.conftest import PASSPHRASE
from tests.customers.conftest import MASTER_DATA
from tests.pages.test_downloads import pdf

PASSWORD = "a long enough password"
NEW_PASSWORD = "eine ganz andere Losung 9"
FOR_MESSAGES = "vier rote wörter im büro"
WORD = "K7M-4QX-9PT"
NEW_VAULT_PASSPHRASE = "sechs andere würfel wörter hier"


@dataclass(frozen=True)
class Deed:
    """One POST. `reads`: it answers and changes nothing; `first`: what must be so before it, given who does it."""

    url: str
    data: Mapping[str, Any] = field(default_factory=dict)
    reads: bool = False
    first: Callable[[Operator], Mapping[str, Any] | None] | None = None


def deeds(world: World, chief: Client) -> dict[str, Deed]:
    """Every deed of the table. `chief` has the vault open and sees every form."""
    done = _account(world) | _pages(world, chief) | _inbox(world) | _customers(world) | _vault(world)
    done |= _requests(world) | _lists(world) | _forms(world, chief)
    for name, roles in may_do().items():
        if not roles:  # nobody may: then whatever is posted is refused
            done[name] = Deed(addresses(world)[name][-1], {"post": "yes"})
    return done


def form_in(client: Client, url: str) -> dict[str, Any]:
    """Every field of the page's admin form with its value, as a browser would send it back."""
    context = client.get(url).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    return {name: value for form in forms for part in form for name, value in _sent(part)}


def _sent(part: Any) -> list[tuple[str, Any]]:
    value, widget = part.value(), part.field.widget
    if isinstance(widget, MultiWidget):
        parts = zip(widget.widgets, widget.decompress(value), strict=True)
        return [(f"{part.html_name}_{n}", one.format_value(v) or "") for n, (one, v) in enumerate(parts)]
    if value is None or value is False or part.field.disabled:
        return []
    if value is True:
        return [(part.html_name, "on")]
    if isinstance(value, list | tuple):
        return [(part.html_name, [str(getattr(one, "pk", one)) for one in value])]
    return [(part.html_name, "" if value == "" else widget.format_value(value))]


def _account(world: World) -> dict[str, Deed]:
    def pending(operator: Operator) -> dict[str, str]:
        device = TOTPDevice.objects.create(user=operator, confirmed=False, name="TOTP")
        return {"code": f"{TOTP(device.bin_key).token():06}"}

    def shown(_operator: Operator) -> dict[str, str]:
        return {"shown": timezone.now().isoformat()}

    new = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    of_another = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    return {
        "admin:password_change": Deed(reverse("admin:password_change"), {"old_password": PASSWORD} | new),
        "admin:second_factor": Deed(reverse("admin:second_factor"), first=pending),
        "admin:recovery_codes": Deed(reverse("admin:recovery_codes"), reads=True),
        "admin:see_as": Deed(reverse("admin:see_as"), {"role": "Büro"}, reads=True),  # it lies in the session
        "admin:clock": Deed(reverse("admin:clock"), first=shown),
        "admin:mail_test": Deed(reverse("admin:mail_test")),
        "admin:privacy_overdue": Deed(
            reverse("admin:privacy_overdue"), {"plan_hash": "old"}, reads=True
        ),  # none is due
        "admin:auth_user_password_change": Deed(
            reverse("admin:auth_user_password_change", args=[world["operator"].pk]), of_another
        ),
    }


def _pages(world: World, chief: Client) -> dict[str, Deed]:
    done = {"admin:pages_page_menus": Deed(reverse("admin:pages_page_menus"), _menus(chief))}
    for kind in ("page", "post"):
        page = world[kind]
        for verb, data in (
            ("restore", {"version": str(Revision.objects.of(page)[1].pk)}),
            ("forget", {}),
            ("discard", {}),
        ):
            name = f"admin:pages_{verb}"
            done[f"{name} {kind}"] = Deed(reverse(name, args=[kind, page.pk]), data)
    return done


def _menus(chief: Client) -> dict[str, Any]:
    places = chief.get(reverse("admin:pages_page_menus")).context["places"]
    sent = {part.html_name: part.value() for form in [places.management_form, *places.forms] for part in form}
    sent = {name: getattr(value, "pk", value) for name, value in sent.items()}
    return sent | {"form-0-menu": "footer", "form-0-menu_order": "3"}


def _another_key_in_use() -> None:
    """None was confirmed: each counts as another one than before."""
    KnownKey.objects.update_or_create(fingerprint="A" * 40, defaults={"looked_at": timezone.now()})


def _key_trial(armoured: str) -> None:
    """A key that waits for the word, or with no certificate one that is in use and not proved."""
    row = {"armoured": armoured, "message": "x", "word_digest": digest_of(WORD), "made_at": timezone.now()}
    KeyTrial.objects.update_or_create(fingerprint="B" * 40, defaults=row)


def _inbox(world: World) -> dict[str, Deed]:
    def url(name: str, *keys: Any) -> str:
        return reverse(f"admin:contact_submission_{name}", args=keys)

    inquiry = {
        "channel": "telephone", "received_at": local(timezone.now()), "name": "Änne", "phone": "0341 901234",
        "message": "Bitte zurückrufen", "nonce": nonce.issue(),
    }  # fmt: skip
    name = "admin:contact_submission"
    return {
        f"{name}_find": Deed(url("find"), {"words": world["submission"].reference}, reads=True),
        f"{name}_record": Deed(url("record"), inquiry),
        f"{name}_page": Deed(url("page", world["submission"].pk), {"text": "Angerufen."}),
        f"{name}_done": Deed(url("done", world["submission"].pk), {"is_done": "yes"}),
        f"{name}_judge": Deed(url("judge", world["submission"].pk), {"is_spam": "yes"}),
        f"{name}_delete_by_hand": Deed(
            url("delete_by_hand", world["done"].pk),
            first=lambda _operator: {"reason": "trial", "plan_hash": hash_to_delete(world["done"])},
        ),
        f"{name}_key": Deed(url("key"), first=lambda _operator: {"file": upload("neu.asc", world.other_key)}),
        f"{name}_key confirm": Deed(url("key"), {"confirm": "1"}, first=lambda _operator: _another_key_in_use()),
        f"{name}_key discard": Deed(url("key"), {"discard": "1"}, first=lambda _operator: _key_trial("-----BEGIN")),
        f"{name}_key_word": Deed(url("key_word"), {"word": WORD}, first=lambda _operator: _key_trial("")),
        f"{name}_reading allow": Deed(
            url("reading"), {"passphrase": PASSPHRASE}, first=lambda _operator: _none(ReadingKey.objects.all().delete())
        ),
        f"{name}_reading forbid": Deed(url("reading"), {"forbid": "1"}),
        "admin:customer_from_submission": Deed(
            reverse("admin:customer_from_submission", args=[world["submission"].pk]), _registration()
        ),
    }


def hash_to_delete(submission: Submission) -> str:
    source = cast("Submissions", registry.source(Submissions.name))
    return erasure.Plan((source.by_hand(Submission.objects.filter(pk=submission.pk)),)).hash


def _none(_done: object) -> None:
    return None


def _registration() -> dict[str, Any]:
    said = {"given_at": local(timezone.now()), "channel": "phone", "form": "oral"}
    agreed = {"contract": "contract", "invoicing": "consent", "retention": "refused"}
    nobody_known = {"last_name": "Neuland", "phone": "0341 7700123", "email": "neuland@example.org"}
    return MASTER_DATA | nobody_known | {"country": "Deutschland", "company": "Neue GmbH"} | said | agreed


def _consent(**said: Any) -> dict[str, Any]:
    return {"given_at": local(timezone.now()), "channel": "letter", "form": "written", "decision": "given"} | said


def _paper(_operator: Operator) -> dict[str, Any]:
    return {"evidence": upload("einwilligung.pdf")}


def _withdrawal(customer: Customer, purpose: str) -> dict[str, str]:
    digest = plan_withdrawal(customer=customer, purpose=Purpose(purpose)).digest
    return {"plan": digest, "given_at": local(timezone.now()), "channel": "phone"}


def _customers(world: World) -> dict[str, Deed]:
    customer, new = world["customer"], world["new customer"]
    name = "admin:customers_customer"

    def deed(page: str, *keys: Any, reads: bool = False, first: Any = None, **data: Any) -> Deed:
        return Deed(reverse(f"{name}_{page}", args=keys), data, reads=reads, first=first)

    record = (customer.pk, world["record"].pk)
    document = {"kind": "invoice", "number": "R-77", "issued_on": "2026-03-01", "amount": "11,90", "currency": "EUR"}
    return {
        f"{name}_search": deed("search", words="Möller", reads=True),
        f"{name}_import": deed("import", step="import", **_import_list()),
        f"{name}_confirm": deed("confirm", customer.pk),
        f"{name}_keep": deed("keep", world["silent customer"].pk, because="Wartungsvertrag"),
        f"{name}_let_go": deed("let_go", world["silent customer"].pk),
        f"{name}_consent": deed("consent", customer.pk, "retention", **_consent(form="oral")),
        f"{name}_consent technical": deed("consent", new.pk, "technical", first=_paper, **_consent()),
        f"{name}_confirmation": deed("confirmation", customer.pk, means="letter"),
        f"{name}_withdraw": deed("withdraw", customer.pk, "invoicing", **_withdrawal(customer, "invoicing")),
        f"{name}_withdraw technical": deed(
            "withdraw", customer.pk, "technical", **_withdrawal(customer, "technical")
        ),
        f"{name}_record_add": deed("record_add", customer.pk, "device", name="Laptop"),
        f"{name}_record": deed("record", *record, name="Anderes Büro"),
        f"{name}_record_delete": deed("record_delete", *record),
        f"{name}_record_search": deed("record_search", words="Backstube", reads=True),
        f"{name}_document_add": deed(
            "document_add", customer.pk, first=lambda _operator: {"file": upload("r.pdf")}, **document
        ),
        f"{name}_documents_add": deed(
            "documents_add", customer.pk, first=lambda _operator: {"documents": [upload("R-78 2026-02-01 119,00.pdf")]},
            kind="invoice", currency="EUR",
        ),
        f"{name}_document_hold": deed("document_hold", world["document"].pk, ground="tax", reason="Prüfung"),
        f"{name}_document_hold release": deed("document_hold", world["held document"].pk),
    }  # fmt: skip


def _import_list() -> dict[str, str]:
    from customers.forms.importing import MappingForm
    from customers.importing.table import read_csv
    from customers.services.imports import preview

    content = "Nachname;Firma\nGut;Gut GmbH\n"
    said = {"given_at": local(timezone.now()), "channel": "meeting", "form": "oral"}
    said |= {"contract": "contract", "invoicing": "contract", "retention": "refused"}
    data = said | {"packed": pack(content.encode()), "column_0": "last_name", "column_1": "company"}
    form = MappingForm(data, table=read_csv(content))
    assert form.is_valid(), form.errors
    return data | {"digest": preview(form.order()).digest}


def _vault(world: World) -> dict[str, Deed]:
    new = {"new": NEW_VAULT_PASSPHRASE, "repeated": NEW_VAULT_PASSPHRASE}

    def confirmed(_operator: Operator) -> dict[str, str]:
        maintenance.confirm_recovery_key(operator=None, typed=world.recovery_key)
        return {"recovery_key": world.recovery_key}

    def deed(page: str, data: Mapping[str, Any] = {}, **options: Any) -> Deed:
        return Deed(reverse(page), data, **options)

    def with_lock(_operator: Operator) -> None:
        messages_lock.set_up(operator=None, passphrase=VAULT_PASSPHRASE, new=FOR_MESSAGES)

    def open_messages(operator: Operator) -> None:
        sessions.start(operator=operator, private=bytes(32), now=timezone.now(), lock=Lock.MESSAGES)

    present = {"passphrase": VAULT_PASSPHRASE}
    return {
        "admin:vault_set_up": deed(
            "admin:vault_set_up", new, first=lambda _operator: _none(Vault.objects.all().delete())
        ),
        "admin:vault_unlock": deed("admin:vault_unlock", present),
        "admin:vault_lock": deed("admin:vault_lock", first=open_messages),
        "admin:vault_unlock_messages": deed(
            "admin:vault_unlock_messages", {"passphrase": FOR_MESSAGES}, first=with_lock
        ),
        "admin:vault_set_up_messages": deed("admin:vault_set_up_messages", present | new),
        "admin:vault_messages_passphrase": deed("admin:vault_messages_passphrase", present | new, first=with_lock),
        "admin:vault_rotate_messages": deed("admin:vault_rotate_messages", present | new, first=with_lock),
        "admin:vault_take_away_messages": deed("admin:vault_take_away_messages", present, first=with_lock),
        "admin:vault_passphrase": deed("admin:vault_passphrase", present | new),
        "admin:vault_recovery_key": deed("admin:vault_recovery_key", present),
        "admin:vault_confirm_recovery_key": deed(
            "admin:vault_confirm_recovery_key", {"recovery_key": world.recovery_key}
        ),
        "admin:vault_recover": deed("admin:vault_recover", new, first=confirmed),
        "admin:vault_rotate": deed("admin:vault_rotate", present),
    }


def _requests(world: World) -> dict[str, Deed]:
    erasure, objection = world["settled erasure"], world["settled objection"]
    right = rights.correctable(world["settled rectification"].subject())[0]
    values = {f"value-{name}": str(value) for name, (_label, value) in right.values.items()}
    purpose = rights.closable(objection.subject())[0]
    asks = identity.persons_found(world["new of a customer"])[0]
    steps: dict[str, tuple[Any, dict[str, Any]]] = {
        "acknowledged": (world["new access"], {}),
        "matched": (world["new access"], {}),
        "choose": (world["new of a customer"], {"person": [asks.key]}),
        "nobody": (world["new of a customer"], {}),
        "nothing-held": (world["new of nobody"], {}),
        "link": (world["new of a customer"], {}),
        "pause": (world["new access"], {}),
        "extend": (world["new access"], {}),
        "extension-told": (world["extended"], {}),
        "restrict": (world["settled restriction"], {}),
        "correct": (world["settled rectification"], values | {"row": str(right.row), "value-city": "Halle"}),
        "close": (objection, {"purpose": purpose.key}),
        "posted": (world["answered"], {}),
        "finish": (world["settled access"], {"outcome": "refused", "ground": "So."}),
        "erase": (erasure, {"plan": execution.preview(erasure).hash}),
        "access": (world["settled access"], {}),
        "handed-over": (world["settled access"], {}),
    }
    done = {
        f"admin:privacy_request_step {verb}": Deed(reverse("admin:privacy_request_step", args=[row.pk, verb]), data)
        for verb, (row, data) in steps.items()
    }
    url = reverse("admin:privacy_request_search", args=[world["settled access"].pk])
    done["admin:privacy_request_search"] = Deed(url, {"words": "Möller"}, reads=True)
    for form in ("encrypted", "print", "package"):
        url = reverse("admin:privacy_request_copy", args=[world["settled access"].pk, form])
        done[f"admin:privacy_request_copy {form}"] = Deed(url, {"passphrase": "ABCDE-FGHIJ-KLMNO-PQRST"}, reads=True)
    return done


def _lists(world: World) -> dict[str, Deed]:
    """Every action of every list, on a row that it changes."""
    wanted = {
        "sitebackend_operator delete_selected": world["operator"],
        "pages_page move_to_trash": world["page"],
        "pages_page restore_from_trash": world["trashed page"],
        "pages_page delete_selected": world["trashed page"],
        "pages_post move_to_trash": world["post"],
        "pages_post restore_from_trash": world["trashed post"],
        "pages_post delete_selected": world["trashed post"],
        "pages_category delete_selected": world["category"],
        "pages_image delete_selected": world["image"],
        "pages_download delete_selected": world["download"],
        "pages_redirect delete_selected": world["redirect"],
        "pages_deadlink delete_selected": world["dead link"],
        "contact_submission mark_done": world["submission"],
        "contact_submission reopen": world["done"],
        "contact_submission send_again": world["undeliverable"],
        "contact_submission mark_spam": world["submission"],
        "contact_submission release": world["suspect"],
        "contact_submission keep": world["done"],
        "contact_submission let_go": world["done"],
        "customers_customer export_for_invoicing": world["customer"],
        "restriction_restriction lift": world["restriction"],
        "backup_backup note_drill": world["backup"],
        "mail_outgoingmail send_again": world["outgoing mail"],
        "mail_outgoingmail confirm": world["doubtful mail"],
        "mail_outgoingmail give_up": world["outgoing mail"],
    }
    return {
        f"admin:{name}_changelist {action}": act_on(name, action, row)
        for (name, action), row in ((tuple(both.split()), row) for both, row in wanted.items())
    }


def act_on(name: str, action: str, row: Any) -> Deed:
    query = "?trash=only" if "trashed" in _state_of(row) and action != "move_to_trash" else ""
    query = query or ("?answered=all" if name == "privacy_datasubjectrequest" else "")
    data = {"action": action, "_selected_action": str(row.pk), "index": "0", "select_across": "0", "post": "yes"}
    return Deed(reverse(f"admin:{name}_changelist") + query, data, reads=action == "export_for_invoicing")


def _state_of(row: Any) -> str:
    return "trashed" if getattr(row, "trashed_at", None) else ""


WORDS = {"name": "Neu", "purpose": "Zweck", "provider": "wir", "lifetime": "ein Tag"}
GROUP = {
    f"wordings-{n}-{name}": value
    for n, (language, _name) in enumerate(settings.LANGUAGES)
    for name, value in (WORDS | {"language": language}).items()
}

#: What is typed into a form to change the row, or to make a new one.
CHANGES: dict[str, dict[str, Any]] = {
    "sitebackend_operator": {"first_name": "Neu", "role": "Büro"},
    "sitebackend_sitesettings": {"claim": "Neu"},
    "pages_page": {"title": "Neu"},
    "pages_post": {"title": "Neu"},
    "pages_category": {"title": "Neu"},
    "pages_image": {"caption": "Neu"},
    "pages_download": {"title": "Neu"},
    "pages_redirect": {"path": "/neu/"},
    "contact_submission": {},
    "customers_customer": {"city": "Halle"},
    "customers_wording": {"text": "Neu"},
    "customers_numberrange": {"prefix": "N-"},
    "privacy_datasubjectrequest": {"kind": "erasure"},
    "papers_breach": {"persons": "7"},
    "papers_recordversion": {},
    "consent_group": {"ordering": "9"} | GROUP,
    "consent_bannerwording": {"title": "Neu?"},
}


def _new(world: World) -> dict[str, dict[str, Any]]:
    password = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    return {
        "sitebackend_operator": {"username": "neu", "role": "Büro"} | password,
        "pages_page": {"title": "Ganz neu", "slug": "ganz-neu", "body": "<p>x</p>", "status": "draft"},
        "pages_post": {"title": "Ganz neu", "slug": "ganz-neu", "body": "<p>x</p>", "status": "draft"},
        "pages_category": {"title": "Ganz neu", "language": "de"},
        "pages_image": {"alternative": "Ganz neu"},
        "pages_download": {"title": "Ganz neu"},
        "pages_redirect": {"path": "/ganz-neu/", "page": str(world["page"].pk)},
        "customers_wording": {"purpose": "contract", "version": "100", "valid_from": "2027-01-01", "text": "Neu"},
        "privacy_datasubjectrequest": {
            "kind": "access", "channel": "letter", "received_on": timezone.localdate().isoformat(),
            "name": "Otto", "email": "otto@example.org",
        },
        "papers_breach": {"noticed_at_0": timezone.localdate().isoformat(), "noticed_at_1": "00:00:00"},
        "consent_group": {"varname": "neu", "ordering": "5"} | GROUP,
    }  # fmt: skip


FILES: dict[str, Callable[[Operator], dict[str, Any]]] = {
    "pages_image": lambda _operator: {"upload": picture()},
    "pages_download": lambda _operator: {"upload": upload("neu.pdf", pdf())},
}


def _forms(world: World, chief: Client) -> dict[str, Deed]:
    """Adding, changing and deleting a row by the form of its admin."""
    done: dict[str, Deed] = {
        "admin:customers_customer_add": Deed(reverse("admin:customers_customer_add"), _registration())
    }
    new = _new(world)
    for name, may in ADMINS.items():
        base, rows = f"admin:{name}", rows_of(world, name)
        if may.add and name in new:
            url = reverse(f"{base}_add")
            sent = form_in(chief, url) | new[name]
            done[f"{base}_add"] = Deed(url, sent, first=FILES.get(name))
        if may.change:
            url = reverse(f"{base}_change", args=[rows[0].pk])
            shows = name in ("privacy_datasubjectrequest", "papers_recordversion")  # pages without a form
            sent = {} if shows else form_in(chief, url)
            done[f"{base}_change"] = Deed(url, sent | CHANGES[name], reads=shows or name == "contact_submission")
        if may.delete:
            done[f"{base}_delete"] = Deed(reverse(f"{base}_delete", args=[rows[-1].pk]), {"post": "yes"})
    breach = reverse("admin:papers_breach_change", args=[world["breach"].pk])
    done["admin:papers_breach_change close"] = Deed(breach, form_in(chief, breach) | {"_close": "1"})
    return done
