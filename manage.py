#!/usr/bin/env python
"""The command line: `quickstart` first, `serve` for real use, `status` when in doubt."""

import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sitebackend.settings")
    from sitebackend import environment  # before the settings, which it makes readable
    from sitebackend.system import data_owner

    try:
        if data_owner.touches_data(sys.argv[1:]):
            data_owner.require_readable(environment.path())
        if sys.argv[1:2] == ["quickstart"]:
            environment.ensure(sys.argv[2:])
    except data_owner.NotTheOwner as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{environment.path()}: {error.strerror}. quickstart must be able to write this file.\n")
        return 1

    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal may not know every sign
    try:
        if data_owner.touches_data(sys.argv[1:]):
            folder, database = settings.DATA_DIR, settings.DATABASE_FILE
            data_owner.require(sys.argv, folder=folder, database=database, names=settings.SETTING_NAMES)
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has had enough, as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 1
    except (ImproperlyConfigured, data_owner.NotTheOwner) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
