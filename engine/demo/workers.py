"""Real worker processes, started, killed and stopped by their process ids."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.settings import PREFIX

STOP_S = 15


class Workers:
    """Worker processes of the demo; none outlives the `with`."""

    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        """`environment` holds the POINTS_ settings; each worker's log goes to a file in `logs`."""
        outside = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
        self._environment = {**outside, **environment}
        self._logs = logs
        self._started = 0
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Starts one more worker, or another of the engine's processes by its command."""
        self._started += 1
        with (self._logs / f"worker-{self._started}.log").open("wb") as log:
            words = [sys.executable, "-m", "engine", *(command or ("worker",))]
            process = subprocess.Popen(words, env=self._environment, stdout=log, stderr=log)  # noqa: S603  # our own
        self.running.append(process)
        return process

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """Kills a worker as a power cut would: SIGKILL, nothing is put in order."""
        process.kill()
        process.wait()
        self.running.remove(process)

    def ended(self) -> "subprocess.Popen[bytes] | None":
        """A worker that ended by itself, if one did."""
        return next((p for p in self.running if p.poll() is not None), None)

    def stop(self) -> None:
        """Stops all, politely first."""
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
