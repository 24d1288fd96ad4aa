"""What must hold over the whole code base, and what no reviewer should have to remember."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.management import get_commands
from django.template.utils import get_app_template_dirs

from sitebackend.settings import SETTING_NAMES

ROOT = Path(settings.BASE_DIR)
APPS = ("sitebackend", "contact", "consent", "customers")
MODULES = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.*"))
STATIC = sorted(path for path in (ROOT / "static").rglob("*.*") if path.suffix in (".css", ".js", ".svg"))
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))

#: Modules that may be longer than 400 lines, functions that may be longer than 50, each with its reason.
LONG_MODULES = {
    "sitebackend/settings.py": "one file, so that every setting is found in one place",
}
LONG_FUNCTIONS: dict[str, str] = {}
#: Where text becomes HTML without being escaped, and why that is safe.
TRUSTED_HTML = {
    "consent/templatetags/consent.py": "templates of our own around a page that was rendered before",
    "sitebackend/pages/templatetags/pages.py": "sanitised in the same expression, or made by json_script",
    "sitebackend/privacy/notice/templatetags/notice.py": "sanitised by an allow list in the same expression",
}


@cache
def text(path: Path) -> str:
    return path.read_text()


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines_with(pattern: str, paths: list[Path]) -> list[str]:
    """`path:line: text` of every line in which the regular expression is found."""
    return [
        f"{name(path)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(text(path).splitlines(), start=1)
        if re.search(pattern, line)
    ]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (
        node for node in ast.walk(ast.parse(text(path))) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


# --- templates


#: Folders whose templates are chosen at run time, as in `f"contact/email/{message}"`.
FOLDERS = {found for path in MODULES for found in re.findall(r'f"([\w/]+)/\{', text(path))}


def test_every_template_is_used() -> None:
    referring = [text(path) for path in MODULES + TEMPLATES]
    unused = [
        template
        for template in (str(path.relative_to(ROOT / "templates")) for path in TEMPLATES)
        if not _is_named_by_convention(template) and not any(_names(source, template) for source in referring)
    ]
    assert unused == []


def _names(source: str, template: str) -> bool:
    """In full, without a mail's ending, or by its folder in one string and its own name in another."""
    stem = re.sub(r"(_subject|_body)?\.(txt|html)$", "", template)
    folder, _slash, own_name = stem.rpartition("/")
    return f'"{template}"' in source or f'"{stem}"' in source or (folder in FOLDERS and f'"{own_name}"' in source)


def _is_named_by_convention(template: str) -> bool:
    """Django's error pages, and templates that replace one of another package or of the admin."""
    in_packages = any((Path(folder) / template).exists() for folder in get_app_template_dirs("templates"))
    for_one_model = re.fullmatch(r"admin/\w+/(\w+/)?(\w+\.html)", template)
    in_admin = Path(admin.__file__).parent / "templates" / "admin"
    return (
        template in ("400.html", "403.html", "404.html", "500.html")
        or in_packages
        or bool(for_one_model and (in_admin / for_one_model[2]).exists())
    )


def test_no_template_carries_style_or_script() -> None:
    assert lines_with(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", TEMPLATES) == []


def test_nothing_is_loaded_from_another_site() -> None:
    elsewhere = r"""(src|srcset|action|poster|data)=["']?(https?:)?//|<link[^>]*href=["']?(https?:)?//"""
    assert lines_with(elsewhere, TEMPLATES) == []
    assert lines_with(r"(https?:)?//(?!www\.w3\.org/)[\w-]+\.\w", STATIC) == []


def test_typed_text_is_never_trusted_as_html() -> None:
    found = lines_with(r"\bmark_safe\(|\bSafeString\(", MODULES)
    html = [path for path in TEMPLATES if path.suffix == ".html"]
    found += lines_with(r"\|\s*safe\b|\|\s*safeseq\b|autoescape off", html)
    assert [line for line in found if line.split(":")[0] not in TRUSTED_HTML] == []


def test_public_templates_hold_no_token_and_no_user() -> None:
    public = [path for path in TEMPLATES if not {"admin", "cockpit", "vault", "email"} & set(path.parts)]
    assert lines_with(r"csrf_token|[{][{%][^}]*\b(user\.|in messages\b|if messages\b)", public) == []


# --- code


def test_modules_and_functions_stay_short() -> None:
    long_modules = {name(path) for path in MODULES if len(text(path).splitlines()) > 400}
    long_functions = {
        f"{name(path)}:{node.name}"
        for path in MODULES
        for node in functions(path)
        if (node.end_lineno or node.lineno) - node.lineno >= 50
    }
    assert long_modules - set(LONG_MODULES) == set()
    assert long_functions - set(LONG_FUNCTIONS) == set()


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "common", "helpers", "helper", "misc", "shared", "lib", "tools", "functions"}
    assert [name(path) for path in MODULES if drawers & {path.stem, *path.relative_to(ROOT).parts}] == []


#: What every app keeps in a file of the same name: a class's base or a decorator leads to the file.
HOMES = {
    "models": r"^class \w+\((?:\w+, )*(?:models\.Model|AbstractUser)\)",
    "forms": r"^class \w+\((?:\w+, )*(?:forms\.\w*Form|AuthenticationForm)\)",
    "admin": r"^@admin\.register",
    "urls": r"^urlpatterns\b",
    "apps": r"^class \w+\(AppConfig\)",
    "personal_data": r"^class \w+\(PersonalDataSource\)",
    "health": r"^@(?:findings\.)?report$",
}


@pytest.mark.parametrize("home", HOMES)
def test_every_app_keeps_the_same_things_in_the_same_files(home: str) -> None:
    found = lines_with(HOMES[home], MODULES)
    assert [line for line in found if not _is_home(Path(line.split(":")[0]), home)] == []


def _is_home(file: Path, home: str) -> bool:
    """`forms.py`, `forms/consents.py`, `admin_forms.py`; forms of the admin may stand beside their admin."""
    words = {file.parent.name, file.stem, *file.stem.split("_")}
    return home in words or (home == "forms" and "admin" in words)


def test_no_comment_or_text_names_what_does_not_belong_here() -> None:
    unfinished = r"\b(TODO|FIXME|XXX|HACK|lorem ipsum|[Pp]laceholder until|not implemented yet)\b"
    elsewhere = r"/root/|/home/\w"
    own = [path for path in MODULES + TEMPLATES + STATIC + DOCUMENTS + TESTS if path != Path(__file__)]
    assert lines_with(unfinished, own) == []
    assert lines_with(elsewhere, own) == []


def test_every_system_check_has_an_id_and_a_hint() -> None:
    without = [
        f"{name(path)}:{call.lineno}"
        for path in MODULES
        for call in ast.walk(ast.parse(text(path)))
        if isinstance(call, ast.Call) and _is_check_message(call, text(path))
        if not {"id", "hint"} <= {keyword.arg for keyword in call.keywords}
    ]
    assert without == []


def _is_check_message(call: ast.Call, source: str) -> bool:
    called = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    return "django.core.checks" in source.replace("django.core import checks", "django.core.checks") and called in (
        "Error",
        "Warning",
        "Info",
        "CheckMessage",
    )


# --- documents


def test_the_readme_lists_every_setting_and_no_other() -> None:
    table = section(text(ROOT / "README.md"), "Settings")
    assert sorted(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE)) == sorted(SETTING_NAMES)


def test_the_readme_names_every_command() -> None:
    own = {command for command, app in get_commands().items() if app == "sitebackend"}
    table = section(text(ROOT / "README.md"), "Commands")
    assert set(re.findall(r"^\| `(\w+)", table, re.MULTILINE)) == own


def test_the_readmes_map_names_folders_that_exist() -> None:
    listed = re.findall(r"^(?:│   )?[├└]── ([\w./-]+)", section(text(ROOT / "README.md"), "Map"), re.MULTILINE)
    assert listed
    assert [entry for entry in listed if not list(ROOT.glob(entry)) and not list(ROOT.glob(f"*/{entry}"))] == []


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{name(path)}: {target}"
        for path in DOCUMENTS
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", text(path))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_every_promise_names_tests_that_exist() -> None:
    table = text(ROOT / "docs" / "promises.md")
    assert re.findall(r"^\| (S\d+) ", table, re.MULTILINE) == [f"S{number}" for number in range(1, 18)]
    rows = [
        row
        for row in table.splitlines()
        if row.startswith("| ") and not row.startswith(("| |", "| guarantee", "| ---"))
    ]
    shown = {row: re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", row) for row in rows}
    assert [row for row, tests in shown.items() if not tests] == []
    assert [test for tests in shown.values() for test in tests if not _is_there(*test)] == []


def _is_there(file: str, test: str) -> bool:
    path = ROOT / "tests" / file
    return path.exists() and (f"def {test}(" if test else "def test_") in text(path)


def section(document: str, title: str) -> str:
    """The part of a Markdown document under `## title`."""
    return re.split(r"^## ", document.partition(f"\n## {title}\n")[2], flags=re.MULTILINE)[0]


# --- translations


def test_every_text_is_translated() -> None:
    entries = catalogue()
    assert len(entries) > 20
    assert [english for english, german in entries.items() if not all(german)] == []


def test_every_marked_text_of_the_code_is_in_the_catalogue() -> None:
    """`makemessages` misses those inside of an f-string: they would be shown in English."""
    marked = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
    missing = [
        f"{name(path)}: {english}"
        for path in MODULES
        for node in ast.walk(ast.parse(text(path)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in marked
        for english in [node.args[0]]
        if isinstance(english, ast.Constant) and english.value not in catalogue()
    ]
    assert missing == []


def test_nobody_reads_a_promises_number() -> None:
    """`S12` stands in docs/promises.md, in docstrings and in tests; to a person the promise itself is said."""
    shown = [words for english, german in catalogue().items() for words in (english, *german)]
    shown += [text(path) for path in [*TEMPLATES, *DOCUMENTS] if path.name != "promises.md"]
    shown += [words for path in MODULES for words in _texts(ast.parse(text(path)))]
    assert [words for words in shown if re.search(r"\bS(?:1[0-7]|[1-9])\b", words)] == []


def _texts(tree: ast.AST) -> Iterator[str]:
    """All strings but the docstrings: what stands alone as a statement is shown to nobody."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_no_translation_is_only_guessed() -> None:
    _header, entries = text(LOCALE / "django.po").split("\n\n", 1)
    assert "fuzzy" not in entries


def test_a_translation_keeps_the_placeholders() -> None:
    placeholder = re.compile(r"%\(\w+\)s|%s|\{\w*\}")
    lost = [
        english
        for english, german in catalogue().items()
        for version in german
        if set(placeholder.findall(version)) - set(placeholder.findall(english))
    ]
    assert lost == []


LOCALE = ROOT / "sitebackend" / "locale" / "de" / "LC_MESSAGES"


@cache
def catalogue() -> dict[str, list[str]]:
    """The German catalogue: English text → its German versions (two if there is a plural)."""
    entries: dict[str, list[str]] = {}
    for block in text(LOCALE / "django.po").split("\n\n"):
        english = _quoted(block, "msgid")
        if english and english[0] != "":
            entries[english[0]] = _quoted(block, r"msgstr(?:\[\d\])?")
    return entries


def _quoted(block: str, keyword: str) -> list[str]:
    found = re.findall(rf'^{keyword} ((?:"(?:[^"\\]|\\.)*"\s*)+)', block, re.MULTILINE)
    return ["".join(ast.literal_eval(part) for part in re.findall(r'"(?:[^"\\]|\\.)*"', value)) for value in found]
