"""Work that somebody starts from a page and that outlives the request, where no broker is configured.

In a thread of its own, not in the server's event loop: what reads, writes and counts for seconds there would hold up
everybody's chat. It ends with its process; its rows say how far it was, and the pages offer to go on from there.
"""

import logging
import threading
from collections.abc import Callable

from django.db import connections

logger = logging.getLogger(__name__)
_threads: set[threading.Thread] = set()


def start(work: Callable[[], None], *, name: str) -> None:
    thread = threading.Thread(target=_carry_out, args=(work,), name=name, daemon=True)
    _threads.add(thread)
    thread.start()


def all_done(seconds: float) -> bool:
    """Wait for everything that was started, at most so long for each. False where something still works."""
    for thread in list(_threads):
        thread.join(seconds)
    return not any(thread.is_alive() for thread in list(_threads))


def _carry_out(work: Callable[[], None]) -> None:
    thread = threading.current_thread()
    try:
        work()
    except Exception:
        logger.exception("%s failed", thread.name)
    finally:
        connections.close_all()
        _threads.discard(thread)
