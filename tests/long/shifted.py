"""A module run as python -m does, on a clock that is set from outside: python -m tests.long.shifted FILE MODULE …

The file says by how many seconds the clock of the house is ahead; it is looked at whenever somebody asks for the time.
"""

import runpy
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from consult import clock


def shift(file: Path) -> None:
    """Let the house's clock be ahead by what the file says."""

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text() or "0"))

    clock.now = now


if __name__ == "__main__":
    shift(Path(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
