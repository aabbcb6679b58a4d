"""The embedded servers keep what they acknowledged over a stop and a kill, and never outlive whoever started them."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from engine.embedded import EmbeddedError, Kafka, Postgres, Servers
from engine.embedded.child import free_port

ORPHANS = """
import os, sys
from pathlib import Path
from engine.embedded import Postgres
server = Postgres.start(Path(sys.argv[1]))
print(server.pid, flush=True)
os.kill(os.getpid(), 9)
"""


async def test_postgres_keeps_what_was_committed_over_a_kill_and_a_stop(tmp_path: Path) -> None:
    with Postgres.start(tmp_path / "pg", options={"shared_buffers": "32MB"}) as server:
        session = await asyncpg.connect(server.dsn)
        await session.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)")
        port, pid = server.port, server.pid
        server.kill()
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await session.fetchval("SELECT n FROM kept")
        session.terminate()
        server.restart()
        assert (server.port, server.pid == pid) == (port, False)
        server.stop()
        server.restart()
        session = await asyncpg.connect(server.dsn)
        assert await session.fetchval("SELECT n FROM kept") == 1
        assert await session.fetchval("SHOW shared_buffers") == "32MB"
        await session.close()


async def test_postgres_asks_for_a_password(tmp_path: Path) -> None:
    with Postgres.start(tmp_path / "pg") as server, pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.address(server.superuser._replace(password="guessed")))


async def test_kafka_keeps_what_it_acknowledged_over_a_kill_and_a_stop(tmp_path: Path, home: Path) -> None:
    with Kafka.start(tmp_path / "kafka", home=home) as broker:
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic("kept", num_partitions=1, replication_factor=1)])
        await admin.close()
        await _send(broker.bootstrap, b"one")
        broker.kill()
        broker.restart()
        await _send(broker.bootstrap, b"two")
        broker.stop()
        broker.restart()
        assert await _read(broker.bootstrap, 2) == [b"one", b"two"]


async def _send(bootstrap: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    await producer.send_and_wait("kept", value)
    await producer.stop()


async def _read(bootstrap: str, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer("kept", bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    values = [(await consumer.getone()).value for _ in range(count)]
    await consumer.stop()
    return values


def test_both_start_side_by_side_and_again_on_the_same_folder(tmp_path: Path, home: Path) -> None:
    with Servers.start(tmp_path, home=home) as first:
        bootstrap = first.kafka.bootstrap
    with Servers.start(tmp_path, home=home) as again:
        assert again.kafka.bootstrap == bootstrap
        pids = again.kafka.pid, again.postgres.pid
        assert all(psutil.pid_exists(pid) for pid in pids)
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_server_ends_when_whoever_started_it_is_killed(tmp_path: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", ORPHANS, tmp_path / "pg"], stdout=subprocess.PIPE, text=True)
    said, _ = starter.communicate(timeout=60)
    assert starter.returncode == -signal.SIGKILL
    assert psutil.wait_procs([psutil.Process(int(said))] if psutil.pid_exists(int(said)) else [], timeout=20)[1] == []


def test_a_server_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    started: list[Postgres] = []
    thread = threading.Thread(target=lambda: started.append(Postgres.start(tmp_path / "pg")))
    thread.start()
    thread.join()
    with started[0] as server:
        os.kill(server.pid, 0)
        assert server.child is not None
        assert server.child.running


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with Postgres.start(tmp_path / "first") as first, pytest.raises(EmbeddedError, match=f"port {first.port}"):
        Postgres.start(tmp_path / "second", port=first.port)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="no_such_option"):
        Postgres.start(tmp_path / "pg", options={"no_such_option": "1"})


def test_a_stopped_server_has_no_process(tmp_path: Path) -> None:
    server = Postgres.start(tmp_path / "pg")
    server.stop()
    with pytest.raises(EmbeddedError, match="not running"):
        _ = server.pid


def test_a_kafka_that_cannot_be_fetched_says_what_was_tried_and_what_to_do(tmp_path: Path) -> None:
    program = "from pathlib import Path; from engine.embedded.jars import class_path; class_path(Path('jars'))"
    nowhere = f"http://127.0.0.1:{free_port()}"
    cut_off = {"HOME": str(tmp_path), "PATH": str(tmp_path), "HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere}
    there = {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=cut_off | there, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    for part in ("could not be fetched", "POINTS_KAFKA_BOOTSTRAP", "by_jgo:", "by_maven:"):
        assert part in done.stderr
    assert [path.name for path in (tmp_path / "jars").iterdir()] == ["kafka.lock"]
