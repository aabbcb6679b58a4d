"""A server as our child: in its own session, logging to a file, and never outliving us."""

import contextlib
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# The shell waits on a pipe whose other end only we hold: it reads a line when we let go, and the end of file when we
# died, by whatever signal. PR_SET_PDEATHSIG would do it on Linux alone, and fires when the starting *thread* ends.
WATCH = 'read -r released || kill -s "$1" "$2"'
LOOPBACK = "127.0.0.1"
PORTS = range(10_000, 32_768)


class EmbeddedError(RuntimeError):
    """An embedded server cannot be had or did not start; the text says what, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running process, and the shell that ends it with `orphan_signal` should we die first."""

    process: subprocess.Popen[bytes]
    log: Path
    log_start: int
    watch: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(cls, command: Sequence[str], log: Path, *, orphan_signal: str) -> "Child":
        """Starts `command`, appending what it says to `log`; `orphan_signal` is a name such as `INT`."""
        with log.open("ab") as out:
            start = out.tell()
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        watch = subprocess.Popen(
            ["sh", "-c", WATCH, "watch", orphan_signal, str(process.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        return cls(process, log, start, watch)

    @property
    def running(self) -> bool:
        """Whether the process has not ended yet."""
        return self.process.poll() is None

    def said(self) -> str:
        """What it logged since it started."""
        with self.log.open("rb") as text:
            text.seek(self.log_start)
            return text.read().decode(errors="replace")

    def wait_until(self, ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Returns once `ready`; `EmbeddedError` with the log's end if the process ends or the time passes first."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.running:
                self.end(signal.SIGKILL, grace_s=0)
                raise EmbeddedError(f"{self._name} ended with {self.process.returncode} as it started:\n{self._tail()}")
            if time.monotonic() > deadline:
                self.end(signal.SIGKILL, grace_s=0)
                raise EmbeddedError(f"{self._name} was not ready after {timeout_s:g} s:\n{self._tail()}")
            time.sleep(0.05)

    def end(self, how: signal.Signals, *, grace_s: float) -> None:
        """Ends the process by `how`, by SIGKILL after the grace, and lets go of it; nothing happens if it has ended."""
        if self.running:
            self.process.send_signal(how)
        try:
            self.process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.watch.poll() is None:
            self.watch.communicate(b"released\n")

    @property
    def _name(self) -> str:
        return f"{self.log.parent.name} (log: {self.log})"

    def _tail(self) -> str:
        return "\n".join(self.said().splitlines()[-20:])


def run(command: Sequence[str], what: str) -> str:
    """What a short command says; `EmbeddedError` with it, naming `what` was tried, if the command fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = done.stdout.decode(errors="replace")
    if done.returncode:
        raise EmbeddedError(f"{what} failed with {done.returncode}:\n{said[-4000:]}")
    return said


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on now, drawn so that two who ask at once get two.

    It lies below those that systems give to outgoing connections: none takes it while its server is started again.
    """
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, PORTS[secrets.randbelow(len(PORTS))]))
            return int(probe.getsockname()[1])


def refuse_taken(port: int, what: str) -> None:
    """`EmbeddedError` if somebody listens on the loopback port already."""
    with socket.socket() as probe:
        if probe.connect_ex((LOOPBACK, port)) == 0:
            raise EmbeddedError(
                f"{what} cannot have port {port}: something listens there; stop it or choose another port"
            )
