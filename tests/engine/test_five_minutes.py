"""README's five minutes of a merchant: its lines are typed in their order, from nothing to a settlement file."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cinema.inbox import Inbox
from engine.embedded.child import free_port
from tests.conftest import Addresses
from tests.engine.typed import ROOT, typed

README = (ROOT / "README.md").read_text(encoding="utf-8")
[SECTION] = re.findall(r"^## Be a merchant in five minutes\n(.*?)^## ", README, re.MULTILINE | re.DOTALL)
PATIENCE_S = 120.0
MINUTES_S = 300.0


def test_a_stranger_is_a_merchant_in_five_minutes(
    servers: Addresses, empty_database: str, unique: str, tmp_path: Path
) -> None:
    """A film of 60.00 at half the price: 80 % of 30.00 are 24.00, of which the cinema bears a tenth: 21.60."""
    began = time.monotonic()
    port = free_port()
    make, listen, *steps = [
        one.replace("../../run", str(tmp_path)).replace("run/sandbox.env", str(tmp_path / "sandbox.env"))
        .replace("8090", str(port))
        for one in re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    ]  # fmt: skip
    assert make == "make sandbox\n"
    with sandbox(servers, empty_database, unique, tmp_path), listening(listen):
        typed(steps[0], {}, ROOT)
        until(tmp_path, "grant.issued.v1")
        here = "\n".join(steps[0].splitlines()[:2]) + "\n"
        said = typed(here + steps[1], {}, ROOT)
        assert [one["state"] for one in objects(said)[1:]] == ["held", "captured"]
        assert objects(said)[2]["payable_minor"] == 3_000
        until(tmp_path, "redemption.decided.v1", count=2)
        typed(here + steps[2], {}, ROOT)
        until(tmp_path, "settlement.closed.v1")
        shown = objects(typed(here + steps[2].splitlines()[1], {}, ROOT))
        types = ["grant.issued.v1", "redemption.decided.v1", "redemption.decided.v1", "settlement.closed.v1"]
        assert [one["type"] for one in shown[0]] == types
    [line] = [row for row in (tmp_path / "settlement-000001.csv").read_text().splitlines() if row.startswith("D")]
    assert line.split(",")[12:14] == ["2400", "2160"]
    assert time.monotonic() - began < MINUTES_S


@contextmanager
def sandbox(servers: Addresses, database: str, unique: str, folder: Path) -> Iterator[None]:
    """The sandbox on the servers of the tests, once it is up; it leaves by itself when it is told to."""
    given = {
        "POINTS_DATABASE_URL": database, "POINTS_OWNER_DATABASE_URL": database,
        "POINTS_KAFKA_BOOTSTRAP": servers.kafka_bootstrap, "POINTS_TOPIC_PREFIX": unique, "POINTS_GROUP_ID": unique,
    }  # fmt: skip
    place = folder / "sandbox.env"
    command = [sys.executable, "-m", "engine", "sandbox", "--out", str(place)]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | given) as process:
        try:
            wait(lambda: place.exists() or process.poll() is not None)
            assert process.poll() is None
            assert place.stat().st_mode & 0o077 == 0, "keys are read by this user alone"
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
    assert not place.exists()


@contextmanager
def listening(lines: str) -> Iterator[None]:
    """The cinema's program that takes webhooks."""
    text = re.sub(r"^python", "exec python", lines, flags=re.MULTILINE)
    with subprocess.Popen(["sh", "-ec", text], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.terminate()


def until(folder: Path, type_: str, count: int = 1) -> None:
    """So many webhooks of this type came."""
    inbox = Inbox(folder / "inbox.sqlite")
    wait(lambda: sum(one == type_ for one, _ in inbox.messages()) >= count)


def wait(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


def objects(said: str) -> list[Any]:
    """The JSON values that were printed one after the other, whatever stands between them."""
    found, at, decoder = [], 0, json.JSONDecoder()
    while (start := re.compile(r"^[\[{]", re.MULTILINE).search(said, at)) is not None:
        value, at = decoder.raw_decode(said, start.start())
        found.append(value)
    return found
