"""How long one encryption takes, alone and with eight at a time.

    uv run python -m tests.load.contact_encryption

Wanted on two cores: p95 at most 20 ms; eight in parallel at least 200/s, the worst at most 250 ms.
"""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

from sitebackend.crypto import openpgp

MESSAGE = b"x" * 16 * 1024


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        public, _secret = openpgp.generate("Load test <load@example.de>", passphrase="load")
        certificate = openpgp.inspect(public)
        keyring = openpgp.write_keyring([certificate], Path(folder))

        def once(_number: int) -> float:
            start = time.monotonic()
            openpgp.encrypt(MESSAGE, keyring=keyring, fingerprints=[certificate.fingerprint])
            return 1000 * (time.monotonic() - start)

        alone = [once(number) for number in range(300)]
        start = time.monotonic()
        with ThreadPoolExecutor(8) as threads:
            together = list(threads.map(once, range(400)))
        rate = 400 / (time.monotonic() - start)
    print(  # noqa: T201 - the script's result
        f"alone: median {median(alone):.1f} ms, p95 {quantiles(alone, n=20)[-1]:.1f} ms; "
        f"eight at a time: {rate:.0f}/s, worst {max(together):.0f} ms"
    )


if __name__ == "__main__":
    main()
