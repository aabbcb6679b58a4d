"""A server that all processes of a run share: who needs it first starts it, and stops it after the last has ended."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from fcntl import LOCK_EX, LOCK_SH, flock
from pathlib import Path


@contextmanager
def together(folder: Path, start: AbstractContextManager[str]) -> Iterator[str]:
    """The server's address, which `start` answers; it stands in a file of `folder` while the server is up.

    Who uses it holds a lock with others, which the system lets go for a process that dies. The file comes and goes
    under the lock alone, and goes by who wrote it. To change one kind of lock for the other is to let go in between,
    so after it the file is looked for again.
    """
    told = folder / "address"
    with (folder / "lock").open("w") as lock, ExitStack() as ours:
        flock(lock, LOCK_SH)
        while not told.exists():
            flock(lock, LOCK_EX)
            if not told.exists():
                address = ours.enter_context(start)
                ours.callback(told.unlink)
                ours.callback(flock, lock, LOCK_EX)
                told.write_text(address)
            flock(lock, LOCK_SH)
        yield told.read_text()
