"""The command line: one file per command, and this one that gathers them.

Heavy libraries are imported inside the commands, so that ``sauma --help`` is quick.
"""

from __future__ import annotations

import contextlib
import os
import sys

from sauma.cli.main import run


def main() -> None:
    """Entry point of the ``sauma`` command; exits with the code of design section 9.

    What was said is flushed, and the process ends at once: Arrow reads ahead on threads of its own, and one that is in a
    Python file while the interpreter takes itself apart aborts the process.  No command leaves anything to the interpreter's end.
    """
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)
