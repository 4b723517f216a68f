"""What the command `dreamzoom` starts, and `python -m dreamzoom`."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line and exit, see `dreamzoom.cli.main`; who interrupts its import is told so too."""
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # until there is one that remembers it
        from dreamzoom.cli import main as run

        run()
    except KeyboardInterrupt:
        if sys.stderr is not None:  # which whoever started the program may have closed
            sys.stderr.write("dreamzoom: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
