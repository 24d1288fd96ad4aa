"""The settings inside a backup: after the fire nothing else is needed.

They may have been given in `.env`, in the environment, or in files of their own: all of them are written down
as one settings file. Where this machine keeps its data and its database stays this machine's affair.
"""

from pathlib import Path

from django.conf import settings

OF_THE_MACHINE = ("DATA_DIR", "DATABASE_URL")


def content() -> bytes:
    """The settings file as it stands, and below it what was given elsewhere."""
    in_files = tuple(f"{name}_FILE=" for name in settings.SETTINGS_GIVEN)
    lines = [line for line in _present() if not line.startswith(in_files)]
    wanted = {name: value for name, value in settings.SETTINGS_GIVEN.items() if name not in OF_THE_MACHINE}
    elsewhere = [f'{name}="{_escaped(value)}"' for name, value in wanted.items() if _line(lines, name) is None]
    if elsewhere:
        lines += ["# Given in the environment, or in files of their own, when the backup was made:", *elsewhere]
    return _joined(lines)


def for_this_machine(restored: bytes) -> bytes:
    """A restored settings file, with this machine's own places."""
    lines = [line for line in restored.decode().splitlines() if line.partition("=")[0] not in OF_THE_MACHINE]
    lines += [line for name in OF_THE_MACHINE if (line := _line(_present(), name))]
    return _joined(lines)


def _escaped(value: str) -> str:
    """As it is read back within double quotes, whatever it begins and ends with."""
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _present() -> list[str]:
    file = Path(settings.ENV_FILE)
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def _line(lines: list[str], name: str) -> str | None:
    return next((line for line in lines if line.startswith(f"{name}=")), None)


def _joined(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
