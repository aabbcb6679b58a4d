"""The command line as people use it: real processes, real servers, what they print and how they end."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import zstandard
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from engine.stream.topics import partition_of
from tests.conftest import PROFILE_KEY, Addresses, Databases

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / "rules" / "programs" / "czech-bank-1993.yaml"
PARTITIONS = 2
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def environment(
    databases: Databases, servers: Addresses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    url = databases.create()
    folder = tmp_path_factory.mktemp("programs")
    (folder / PROGRAM.name).write_text(PROGRAM.read_text())
    (folder / "banks.yaml").write_text(
        f"banks:\n  czech-bank-1993:\n    programs: [{PROGRAM.name}]\n"
        "    sources: {/banks/czech-bank-1993/core: all}\n"
    )
    prefix = f"cli{os.getpid()}"
    yield {k: v for k, v in os.environ.items() if not k.startswith("POINTS_")} | {
        "POINTS_DATABASE_URL": url,
        "POINTS_OWNER_DATABASE_URL": url,
        "POINTS_KAFKA_BOOTSTRAP": servers.kafka_bootstrap,
        "POINTS_TOPIC_PREFIX": prefix,
        "POINTS_GROUP_ID": prefix,
        "POINTS_PARTITIONS": str(PARTITIONS),
        "POINTS_PROGRAMS_DIR": str(folder),
        "POINTS_HTTP_PORT": "0",
        "POINTS_PROFILE_KEY": PROFILE_KEY,
    }
    databases.drop(url)


@pytest.fixture(scope="module")
def points(environment: dict[str, str]) -> Run:
    def run(*words: str, given: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "engine", *words]
        return subprocess.run(
            command,
            env=environment | more,
            cwd=ROOT,
            capture_output=True,
            text=True,
            input=given,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def year() -> list[str]:
    packed = ROOT / "tests" / "data" / "czech-bank-1993" / "events.jsonl.zst"
    return zstandard.decompress(packed.read_bytes()).decode().splitlines()


def test_init_makes_everything_and_again_nothing(points: Run) -> None:
    first, second = points("init", "--json"), points("init", "--json")
    assert json.loads(first.stdout)["programs"] == ["czech-bank-1993/czech-bank-1993@1993-01-01"], first.stderr
    assert json.loads(second.stdout) == {"migrations": [], "programs": [], "topics": []}


def test_a_program_that_changes_under_its_day_is_refused(
    points: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    points("init")
    folder = Path(environment["POINTS_PROGRAMS_DIR"])
    (tmp_path / "banks.yaml").write_text((folder / "banks.yaml").read_text())
    (tmp_path / PROGRAM.name).write_text(PROGRAM.read_text().replace("points: 100", "points: 101"))
    done = points("init", POINTS_PROGRAMS_DIR=str(tmp_path))
    assert (done.returncode, "a version never changes: give the new text a later day" in done.stderr) == (1, True)


def test_a_worker_decides_and_the_statement_explains(points: Run, environment: dict[str, str], year: list[str]) -> None:
    points("init")
    mine = [line for line in year if json.loads(line)["subject"] == "c-000844"]
    asyncio.run(_publish(environment, [*mine, "not JSON"]))
    with _worker(environment):
        statement = _when(lambda: _decided(points("statement", "czech-bank-1993/c-000844", "--json"), len(mine)))
        letters = _when(lambda: json.loads(points("dead-letters", "list", "--json").stdout))
    expected = {"kind": "member", "member_id": "c-000844"}
    simulated = points("simulate", str(PROGRAM), "-", given="\n".join(mine)).stdout.splitlines()
    final = next(row for row in map(json.loads, simulated) if expected.items() <= row.items())
    assert {k: b["available"] for k, b in statement["balances"].items()} == final["balances"]
    assert (statement["tier"], statement["score"]) == (final["tier"], final["score"])
    assert statement["progress"]["tier"] == final["tier"]
    assert {line["metric"] for line in statement["score_lines"]} <= set(final["metrics"])
    assert letters[0]["reason"] == "bad-json"
    letter = letters[0]["letter"]
    assert "not JSON" in points("dead-letters", "show", letter).stdout
    assert "was sent again" in points("dead-letters", "retry", letter).stdout
    assert "already" in points("dead-letters", "retry", letter).stderr


def test_a_dead_letter_of_the_calendar_is_not_that_of_the_events(points: Run, environment: dict[str, str]) -> None:
    """Two letters at one offset of partition 0; what is sent again goes to its own topic."""
    points("init")
    calendar, events = (f"{environment['POINTS_TOPIC_PREFIX']}.{name}" for name in ("calendar", "events"))
    for topic in (calendar, events):
        row = f"'{topic}', 0, 1, 7000000, 0, 'wrong-topic', '', null, 'of {topic}', '[]', sha256('of {topic}')"
        asyncio.run(_run(environment, f"insert into points.dead_letter values ({row})"))
    listed = ("dead-letters", "list", "--reason", "wrong-topic", "--json")
    letters = {f"{calendar}:1:0:7000000", f"{events}:1:0:7000000"}
    assert {row["letter"] for row in json.loads(points(*listed).stdout)} == letters
    assert f"of {calendar}" in points("dead-letters", "show", f"{calendar}:1:0:7000000").stdout
    before = asyncio.run(_end(environment, calendar))
    assert "was sent again" in points("dead-letters", "retry", f"{calendar}:1:0:7000000").stdout
    assert asyncio.run(_end(environment, calendar)) == before + 1
    assert [row["letter"] for row in json.loads(points(*listed).stdout)] == [f"{events}:1:0:7000000"]


def test_a_ledger_proves_itself_to_who_asks(points: Run, environment: dict[str, str], year: list[str]) -> None:
    """Decided again, against what the relay published, and by its own numbers; and what was changed is named."""
    points("init")
    mine = [line for line in year if json.loads(line)["subject"] == "c-000844"]
    asyncio.run(_publish(environment, mine))
    with _worker(environment | {"POINTS_ATTEST_EVERY_S": "1"}):
        _when(lambda: _decided(points("statement", "czech-bank-1993/c-000844", "--json"), len(mine)))
        told = _when(lambda: _attested(points("verify", "--attestations", "kafka", "--json")))
    assert "divergence" in told
    assert told["divergence"] is None
    assert told["rows"] > 0
    assert [one for one in json.loads(points("audit", "--json").stdout) if one["wrong"]] == []
    assert "are as decided" in points("verify", "--chain").stdout
    asyncio.run(_run(environment, "update points.member set score = score + 1 where member_id = 'c-000844'"))
    done = points("verify")
    assert done.returncode == 1
    assert "czech-bank-1993/c-000844" in done.stderr
    assert "score is" in done.stderr
    asyncio.run(_run(environment, "update points.member set score = score - 1 where member_id = 'c-000844'"))


def _attested(done: subprocess.CompletedProcess[str]) -> dict[str, Any] | None:
    found: dict[str, Any] = json.loads(done.stdout)
    return found if found["attested"] else None


async def _run(environment: dict[str, str], sql: str) -> None:
    session = await asyncpg.connect(environment["POINTS_OWNER_DATABASE_URL"])
    await session.execute(sql)
    await session.close()


def test_opening_balances_come_whole_or_not_at_all(points: Run, tmp_path: Path) -> None:
    points("init")
    file = tmp_path / "opening.csv"
    file.write_text(
        "member_id,point_type,points,earned_on,expires_on\nc-1,reward,70,1992-05-01,\nc-2,reward,30,1992-06-01,\n"
    )
    words = ("import", str(file), "--source", "/banks/czech-bank-1993/core", "--at", "1993-01-01")
    wrong = points(*words, "--totals", "2:101")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "control total of points: 101 were told, the file has 100" in wrong.stderr
    stranger = points("import", str(file), "--source", "/nobody", "--at", "1993-01-01", "--totals", "2:100")
    assert "--source: /nobody is not registered for points.imported.v1" in stranger.stderr
    assert points(*words, "--totals", "2:100", "--dry-run").stdout.startswith(
        "checked 2 opening balances of 100 points"
    )
    assert points(*words, "--totals", "2:100").stdout.startswith("published 2 opening balances of 100 points")


@contextmanager
def _worker(environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "engine", "worker"]
    worker = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        worker.terminate()
        assert worker.wait(20) == 0


def _decided(done: "subprocess.CompletedProcess[str]", version: int) -> dict | None:  # type: ignore[type-arg]
    found = json.loads(done.stdout or "{}")
    return found if found.get("version") == version else None


def _when(asked: Callable[[], object], tries: int = 40):  # type: ignore[no-untyped-def]
    """What is asked, as soon as it is there; each try is a process of its own, which paces this."""
    for _ in range(tries):
        found = asked()
        if found:
            return found
    raise AssertionError("it never came")


async def _publish(environment: dict[str, str], lines: list[str]) -> None:
    topic = environment["POINTS_TOPIC_PREFIX"] + ".events"
    async with AIOKafkaProducer(bootstrap_servers=environment["POINTS_KAFKA_BOOTSTRAP"]) as producer:
        for line in lines:
            key = b"czech-bank-1993/c-000844"
            await producer.send_and_wait(topic, line.encode(), key, partition_of(key, PARTITIONS))


async def _end(environment: dict[str, str], topic: str) -> int:
    """The offset that the topic's partition 0 gives the next record."""
    async with AIOKafkaConsumer(bootstrap_servers=environment["POINTS_KAFKA_BOOTSTRAP"]) as consumer:
        return sum((await consumer.end_offsets([TopicPartition(topic, 0)])).values())


def test_the_calendars_lane_is_resumed_by_its_topic(points: Run, environment: dict[str, str]) -> None:
    """A flood on the calendar pauses it like any other; partition 0 of the events is another lane."""
    points("init")
    topic = environment["POINTS_TOPIC_PREFIX"] + ".calendar"
    paused = f"insert into points.lane_pause values ('{topic}', 0, 1, 7, 'a flood')"
    asyncio.run(_run(environment, paused))
    assert points("partition", "resume", "0").returncode == 1
    done = points("partition", "resume", "0", "--topic", "calendar")
    assert f"partition 0 of {topic} goes on" in done.stdout, done.stderr
    assert points("partition", "resume", "0", "--topic", "calendar").returncode == 1


def test_partitions_are_listed_and_only_a_paused_one_is_resumed(points: Run, environment: dict[str, str]) -> None:
    points("init")
    assert points("partition", "list", "--json").returncode == 0
    done = points("partition", "resume", "1")
    topic = environment["POINTS_TOPIC_PREFIX"] + ".events"
    assert (done.returncode, done.stderr.strip()) == (1, f"partition 1 of {topic} is not paused")


def test_a_day_is_closed_by_hand_only_when_it_is_said_why(points: Run, environment: dict[str, str]) -> None:
    """The bank's one source announces its days and has not announced this one; then a worker closes it, once."""
    points("init")
    close = ("close-day", "czech-bank-1993", "1993-03-31")
    assert "/banks/czech-bank-1993/core has not announced 1993-03-31; wait for it" in points(*close).stderr
    for nowhere in (("close-day", "nowhere", "1993-03-31"), ("report", "nowhere")):
        assert "no bank is called 'nowhere'; there are: czech-bank-1993" in points(*nowhere).stderr
    assert "2126-12-31 is too far ahead: in Europe/Prague" in points(*close[:2], "2126-12-31", "--force", "slip").stderr
    done = points(*close, "--force", "the core is down")
    assert (done.returncode, "0 partitions closed" in done.stdout) == (0, True)
    with _worker(environment):
        watched = points(*close, "--watch")
        assert re.search(rf"{PARTITIONS} partitions closed, \d members decided, 0 due", watched.stdout)
        again = points(*close, "--force", "the core is down")
        once = "czech-bank-1993 is closed through 1993-03-31; a day closes once"
        assert (again.returncode, again.stderr.strip()) == (1, once)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("statement", "nobody"), 2, "a member is named BANK/MEMBER"),
        (("dead-letters", "show", "0:12"), 2, "TOPIC:GENERATION:PARTITION:OFFSET"),
        (("dead-letters", "list", "--reason", "bad-luck"), 2, "no reason is called 'bad-luck'"),
        (("program", "check", "no-such-file.yaml"), 2, "does not exist"),
    ],
)
def test_a_wrong_call_says_what_is_expected(points: Run, words: tuple[str, ...], code: int, said: str) -> None:
    done = points(*words)
    assert (done.returncode, said in re.sub(r"[\s│]+", " ", done.stderr)) == (code, True)


def test_a_wrong_setting_is_named(points: Run) -> None:
    assert "POINTS_PARTITIONS" in points("init", POINTS_PARTITIONS="many").stderr
    assert "did you mean POINTS_PARTITIONS" in points("init", POINTS_PARTITION="3").stderr


def test_check_names_line_and_column(points: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(PROGRAM.read_text().replace("until: 1993-07-01", "untill: 1993-07-01"))
    done = points("program", "check", str(wrong))
    line = next(n for n, text in enumerate(wrong.read_text().splitlines(), 1) if "untill" in text)
    assert done.returncode == 1
    assert f"wrong.yaml:{line}:5:" in done.stderr
    assert "did you mean 'until'" in done.stderr


def test_simulate_gives_the_same_lines_every_time(points: Run, year: list[str]) -> None:
    events = "\n".join(year[:2000])
    first, second = (points("simulate", str(PROGRAM), "-", given=events).stdout for _ in range(2))
    assert first == second
    assert {json.loads(row)["kind"] for row in first.splitlines()} >= {"posting", "tier", "member"}


def test_help_of_every_command_says_what_it_does(points: Run) -> None:
    for words in ((), ("program",), ("dead-letters",), ("partition",)):
        done = points(*words, "--help")
        assert done.returncode == 0
        assert "Usage: points" in done.stdout or "Usage: python -m engine" in done.stdout
