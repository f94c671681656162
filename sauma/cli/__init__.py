"""The command line: one file per command, and this one that gathers them.

Heavy libraries are imported inside the commands, so that ``sauma --help`` is quick.
"""

from __future__ import annotations

import sys

from sauma.cli.main import run


def main() -> None:
    """Entry point of the ``sauma`` command; exits with the code of design section 9."""
    sys.exit(run(sys.argv[1:]))
