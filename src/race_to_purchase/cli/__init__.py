"""The command `race`. Each subcommand reads its options, calls one function, and says how it went.

One module a group of commands; `command` puts them together, and `shell` has what they share. Nothing is decided here.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Entry of the command. Ctrl-C ends it without a traceback, also while everything else is only being imported.

    So nothing is imported before it: `typing` alone takes long enough to be interrupted in.
    """
    try:
        from race_to_purchase.cli.command import run

        run()
    except KeyboardInterrupt:
        sys.exit(130)
