"""`serve`: the site for real use, with its worker. It starts only if what it needs is there."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from sitebackend.instance import Address
from sitebackend.management.preflight import held, prepare
from sitebackend.management.serving import Plan, serve


class Command(BaseCommand):
    help = "Serve the site and run its worker, until SIGTERM."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", type=Address.parse, metavar="HOST:PORT", default="127.0.0.1:8000")
        parser.add_argument("--workers", type=int, metavar="N", default=1, help="web processes (default: 1)")
        parser.add_argument("--no-worker", action="store_true", help="the worker runs elsewhere")
        parser.add_argument("--certificate", type=Path, metavar="FILE", help="serve https: certificate chain (PEM)")
        parser.add_argument("--key", type=Path, metavar="FILE", help="its private key (PEM, PKCS#8)")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = Plan(
            address=options["bind"],
            processes=options["workers"],
            worker=not options["no_worker"],
            certificate=options["certificate"],
            key=options["key"],
        )
        if plan.processes < 1 or bool(plan.certificate) != bool(plan.key):
            raise CommandError(_("--workers wants 1 or more; --certificate and --key belong together."), returncode=2)
        with held(plan.address):
            for warning in prepare(plan):
                self.stderr.write(warning, self.style.WARNING)
            self.run(plan)

    def run(self, plan: Plan) -> None:
        """Serve as planned, telling where on standard error."""
        url = f"{'https' if plan.certificate else 'http'}://{plan.address}/"

        def tell() -> None:
            self.stderr.write(_("The site runs on {url} – stop it with Ctrl+C.").format(url=url), self.style.SUCCESS)

        try:
            serve(plan, on_start=tell)
        except OSError as error:
            raise CommandError(_("The certificate cannot be used: {reason}").format(reason=error)) from error
