"""Runs commands as on a Windows machine, as far as Linux can be made to resemble one: a script, run by ``test_imports``.

Taken away: the modules and the functions and flags of ``os`` that Windows has not.  Made stricter: a directory cannot be
opened, and a file that is open or mapped cannot be renamed, replaced or removed.  What is left is what
``sauma/system.py`` may count on.

``python windowless.py FOLDER < COMMANDS``: each line a folder below FOLDER and the words of a command, as JSON; prints
each exit code and what was said.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import importlib.abc
import io
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "readline", "curses", "spwd", "crypt", "posixshmem"}
FUNCTIONS = tuple(
    """
    chown chroot confstr copy_file_range ctermid eventfd fchdir fchmod fchown fdatasync fork forkpty fpathconf fstatvfs
    getegid geteuid getgid getgrouplist getgroups getloadavg getpgid getpgrp getpriority getresgid getresuid getsid getuid
    getxattr initgroups killpg lchown listxattr lockf major makedev memfd_create minor mkfifo mknod nice openpty pathconf
    pipe2 posix_fadvise posix_fallocate posix_openpt pread preadv pwrite pwritev readv removexattr sched_getaffinity
    sched_yield sendfile setegid seteuid setgid setgroups setpgid setpriority setregid setresgid setresuid setreuid setsid
    setuid setxattr splice statvfs sync sysconf tcgetpgrp tcsetpgrp ttyname uname unshare wait wait3 wait4 waitid writev
    O_ASYNC O_CLOEXEC O_DIRECT O_DIRECTORY O_DSYNC O_NDELAY O_NOATIME O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH O_RSYNC O_SYNC
    O_TMPFILE
    """.split()  # noqa: SIM905 - read as prose
)


class Blocker(importlib.abc.MetaPathFinder):
    """Refuses the modules that are not there."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.split(".")[0] in MODULES:
            raise ModuleNotFoundError(f"not on Windows: {name}", name=name)


def held(path: Any) -> bool:
    """Whether this process has *path* open or mapped."""
    full = os.path.realpath(os.fsdecode(path))
    for entry in REAL["listdir"]("/proc/self/fd"):
        with contextlib.suppress(OSError):
            if str(Path(f"/proc/self/fd/{entry}").readlink()) == full:
                return True
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return any(line.rstrip("\n").endswith(full) for line in maps)


REAL: dict[str, Any] = {name: getattr(os, name) for name in ("open", "replace", "rename", "unlink", "remove", "listdir")}
SEEN: list[str] = []
"""Calls that Windows would have refused."""


def denied(what: str, path: Any) -> PermissionError:
    SEEN.append(f"{what} {Path(os.fsdecode(path)).name}")
    return PermissionError(errno.EACCES, "denied", os.fsdecode(path))


def opened(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
    if dir_fd is not None:
        raise NotImplementedError("dir_fd unavailable on this platform")
    if os.path.isdir(path):  # noqa: PTH112 - what is patched is underneath pathlib
        raise denied("open", path)
    descriptor: int = REAL["open"](path, flags, mode)
    return descriptor


def renamed(name: str) -> Any:
    def call(source: Any, target: Any, **_: Any) -> None:
        for path in (source, target):
            if held(path):
                raise denied(name, path)
        REAL[name](source, target)

    return call


def removed(name: str) -> Any:
    def call(path: Any, **_: Any) -> None:
        if held(path):
            raise denied(name, path)
        REAL[name](path)

    return call


LIBRARIES = ("subprocess", "multiprocessing.pool", "numpy", "pandas", "pyarrow.parquet.encryption", "pyarrow.csv", "recordlinkage")


def narrow() -> None:
    """Make this process as poor as on Windows; libraries go by ``sys.platform``, so they are loaded before."""
    for name in LIBRARIES:
        importlib.import_module(name)
    sys.meta_path.insert(0, Blocker())
    for module in MODULES:
        sys.modules.pop(module, None)
    for name in FUNCTIONS:
        if hasattr(os, name):
            delattr(os, name)
    os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks = set(), set(), set()
    os.open = opened
    os.replace, os.rename = renamed("replace"), renamed("rename")
    os.unlink, os.remove = removed("unlink"), removed("remove")
    shutil._use_fd_functions = False
    tempfile.TemporaryFile = tempfile.NamedTemporaryFile  # as the standard library does there


def main() -> None:
    """Answer each command."""
    top, done = Path(sys.argv[1]), []
    narrow()
    from sauma import system

    system.WINDOWS = True
    restricted: list[str] = []
    system._run = lambda words: restricted.append(Path(words[1]).name)  # icacls
    from sauma.cli.main import run

    for line in sys.stdin:
        folder, *words = json.loads(line)
        out, err = io.TextIOWrapper(io.BytesIO(), encoding="cp1252"), io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
        with contextlib.chdir(top / folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = run(words)
        said = [stream.buffer.getvalue().decode("cp1252") for stream in (out, err) if stream.flush() is None]
        done.append({"status": status, "out": said[0], "err": said[1]})
    json.dump({"done": done, "restricted": restricted, "refused": SEEN}, sys.stdout)


if __name__ == "__main__":
    main()
