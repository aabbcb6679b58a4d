"""Apache Kafka in KRaft mode: one broker that is its own controller, on a folder and loopback ports."""

import base64
import re
import signal
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from engine.embedded.child import LOOPBACK, Child, EmbeddedError, free_port, refuse_taken, run
from engine.embedded.jars import class_path, java

START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 15.0
STARTED = "Kafka Server started"
SASL = "SCRAM-SHA-512"

OPTIONS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A broker that was killed may register again only when its old session has run out; 9 s by default.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "INTERNAL",
}

LOGGING = f"""\
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{{ISO8601}} %p %c{{1}}: %m%n
rootLogger.level=WARN
rootLogger.appenderRef.out.ref=out
# Says "{STARTED}", which is how the start is known.
logger.raft.name=kafka.server.KafkaRaftServer
logger.raft.level=INFO
"""


class Listener(NamedTuple):
    """How clients are let in where they must prove themselves: SASL_SSL with SCRAM-SHA-512.

    `keystore` is one PEM file with the broker's private key (PKCS #8) and its certificates.
    """

    keystore: Path
    username: str
    password: str


@dataclass(slots=True)
class Kafka:
    """One broker."""

    folder: Path
    home: Path
    ports: tuple[int, int, int]
    options: Mapping[str, str]
    heap: str
    child: Child | None = field(default=None, repr=False)

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        home: Path,
        port: int | None = None,
        listener: Listener | None = None,
        heap: str = "512m",
    ) -> Self:
        """Starts a broker, on what the folder already holds, and then at its old ports, if it holds something.

        `home` keeps the downloads, which every folder shares. `heap` is Java's.
        """
        folder.mkdir(parents=True, exist_ok=True)
        folder = folder.resolve()
        ports = _old_ports(folder) or (port or free_port(), free_port(), free_port())
        server = cls(folder, home.resolve(), ports, OPTIONS | _listeners(folder, ports, listener), heap)
        server._configure()
        if not (folder / "data" / "meta.properties").exists():
            server._format(listener)
        server.restart()
        return server

    @property
    def bootstrap(self) -> str:
        """Address for clients."""
        return f"{LOOPBACK}:{self.ports[0]}"

    @property
    def pid(self) -> int:
        """Process id of the broker; `EmbeddedError` if it is not up."""
        if self.child is None:
            raise EmbeddedError(f"Kafka in {self.folder} is not running")
        return self.child.process.pid

    def restart(self) -> None:
        """Starts again on the same folder and ports, after `stop` or `kill` or neither."""
        self.stop()
        for port in self.ports:
            refuse_taken(port, "Kafka")
        memory = (f"-Xms{self.heap}", f"-Xmx{self.heap}")
        child = Child.start(
            [*self._java(*memory), "kafka.Kafka", str(self._properties)], self.folder / "log.txt", orphan_signal="KILL"
        )
        child.wait_until(lambda: STARTED in child.said(), timeout_s=START_TIMEOUT_S)
        self.child = child

    def stop(self) -> None:
        """Ends it in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it as a crash would: SIGKILL."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.child is not None:
            self.child.end(how, grace_s=STOP_TIMEOUT_S)
            self.child = None

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    def _java(self, *flags: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        return [str(java()), "-XX:+UseSerialGC", *flags, logging, "-cp", class_path(self.home)]

    def _configure(self) -> None:
        text = "".join(f"{name}={value}\n" for name, value in self.options.items())
        self._properties.touch(mode=0o600)
        self._properties.write_text(text, encoding="utf-8")
        (self.folder / "log4j2.properties").write_text(LOGGING, encoding="utf-8")

    def _format(self, listener: Listener | None) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        users: list[str] = []
        if listener is not None:
            users = ["--add-scram", f"{SASL}=[name={listener.username},password={listener.password}]"]
        command = [
            "kafka.tools.StorageTool",
            "format",
            "--standalone",
            f"--cluster-id={cluster}",  # in one word, since an id may begin with a hyphen
            "-c",
            str(self._properties),
            *users,
        ]
        run([*self._java("-XX:TieredStopAtLevel=1"), *command], "Formatting Kafka's folder")

    def __enter__(self) -> Self:
        """The running broker; it stops at the end of the `with`."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stops it."""
        self.stop()


def _listeners(folder: Path, ports: tuple[int, int, int], listener: Listener | None) -> dict[str, str]:
    client, controller, internal = (f"{LOOPBACK}:{port}" for port in ports)
    protocol = "SASL_SSL" if listener else "PLAINTEXT"
    return {
        "listeners": f"CLIENT://{client},CONTROLLER://{controller},INTERNAL://{internal}",
        "advertised.listeners": f"CLIENT://{client},INTERNAL://{internal}",
        "listener.security.protocol.map": f"CLIENT:{protocol},CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT",
        "controller.quorum.bootstrap.servers": controller,
        "log.dirs": str(folder / "data"),
    } | ({} if listener is None else _proof(listener))


def _proof(listener: Listener) -> dict[str, str]:
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(listener.keystore.resolve()),
        "sasl.enabled.mechanisms": SASL,
        f"listener.name.client.{SASL.lower()}.sasl.jaas.config": scram,
    }


def _old_ports(folder: Path) -> tuple[int, int, int] | None:
    file = folder / "server.properties"
    if not file.exists():
        return None
    line = re.search(r"^listeners=(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    found = [int(port) for port in re.findall(r":(\d+)", line[1])] if line else []
    return (found[0], found[1], found[2]) if len(found) == 3 else None  # noqa: PLR2004 - three listeners
