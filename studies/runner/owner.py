"""The name of this process, and whether the process behind another such name is still alive."""

import os
import socket
from functools import cache
from pathlib import Path

PROC = Path("/proc")


@cache
def this_process() -> str:
    """Machine, process id and its start: a number that is used again is another process."""
    pid = os.getpid()
    return f"{_machine()}|{pid}|{_started(pid)}"


def is_dead(owner: str) -> bool:
    """True only where it is certain: a process of this machine that no longer runs."""
    machine, _, rest = owner.partition("|")
    pid, _, started = rest.partition("|")
    if machine != _machine() or not pid.isdigit():
        return False
    return not _runs(int(pid)) or _started(int(pid)) != started


@cache
def _machine() -> str:
    """The host, and its process namespace: two containers may share a host name."""
    try:
        namespace = os.stat(PROC / "self" / "ns" / "pid").st_ino
    except OSError:
        namespace = 0
    return f"{socket.gethostname()[:40]}/{namespace}"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _started(pid: int) -> str:
    """Clock ticks after boot; '' where the system does not say, or the process only waits to be buried."""
    try:
        state, *fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "" if state in "ZX" else fields[18]
