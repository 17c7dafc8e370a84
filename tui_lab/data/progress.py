"""How far a long reading is, told to whoever asked, who may stop it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[float], None]


class Cancelled(Exception):
    """A listener raises it to stop what is going on; nothing is left behind."""


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def reporting(listener: Listener) -> Iterator[None]:
    """Within it, `listener` gets a share from 0 to 1 several times a second.

    It is called in the thread that reads; starting over (another encoding) starts at 0 again.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def progressed(share: float) -> None:
    """Tells the listener, if there is one, that this share is done."""
    if listener := _listener.get():
        listener(min(share, 1.0))
