"""A program in a process whose clock is wrong: `shifted_clock.py SECONDS PROGRAM ARGUMENTS`.

Time goes on in it as everywhere; only Python's own clocks are shifted, not those of the programs that it calls.
"""

import runpy
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

if __name__ == "__main__":
    _own, seconds, *sys.argv = sys.argv
    sys.path.insert(0, str(Path(sys.argv[0]).parent))
    time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(seconds)), tick=True).start()
    runpy.run_path(sys.argv[0], run_name="__main__")
