#!/usr/bin/env python
"""The command line: `quickstart` first, `serve` for real use, `status` when in doubt."""

import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sitebackend.settings")
    if sys.argv[1:2] == ["quickstart"]:
        from sitebackend import environment  # before the settings, which it makes readable

        try:
            environment.ensure(sys.argv[2:])
        except OSError as error:
            sys.stderr.write(f"{environment.path()}: {error.strerror}. quickstart must be able to write this file.\n")
            return 1

    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal may not know every sign
    try:
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has had enough, as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 1
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
