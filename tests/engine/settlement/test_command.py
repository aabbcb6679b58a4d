"""`points contracts` and `points settle` as finance types them: real processes on a real ledger."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from tests.engine.settlement.conftest import CONTRACTS, asked, rich
from tests.engine.store.conftest import Desk

ROOT = Path(__file__).parents[3]
SETTLE = ("settle", "--bank", "corner", "--day", "2026-01-15")


class Points:
    """The command `points` on the ledger of the test."""

    def __init__(self, url: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("POINTS_")}
        self._environment = kept | {"POINTS_DATABASE_URL": url, "POINTS_OWNER_DATABASE_URL": url, "COLUMNS": "160"}

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        command = (sys.executable, "-m", "engine", *words)
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(*command, env=self._environment, cwd=ROOT, stdout=pipe, stderr=pipe)

    async def __call__(self, *words: str) -> tuple[int | None, str, str]:
        """Exit code, what was printed, and what went wrong."""
        process = await self.start(*words)
        told, wrong = await process.communicate()
        return process.returncode, told.decode(), wrong.decode()


@pytest.fixture
def points(migrated: str, desk: Desk) -> Points:
    return Points(migrated)


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    (tmp_path / "contracts.yaml").write_text(CONTRACTS)
    return tmp_path / "contracts.yaml"


async def test_finance_loads_contracts_settles_and_hands_over_a_file(
    points: Points, desk: Desk, contracts: Path, tmp_path: Path
) -> None:
    wash = {"network": "car", "benefit": "wash", "amount_minor": 900, "currency": "CNY"}
    await desk.handle(*rich(), asked("w-1", "requested", 1, "w1", **wash))
    assert (await points("contracts", "load", str(contracts), "--dry-run"))[1] == "4 rows are right\n"
    assert (await points("contracts", "load", str(contracts)))[1] == "4 of 4 rows are new\n"
    assert (await points("contracts", "load", str(contracts)))[1] == "0 of 4 rows are new\n"
    listed = json.loads((await points("contracts", "list", "corner", "shop-1", "--json"))[1])
    assert [(row["item"], row["rate_numerator"], row["shares"]) for row in listed] == [
        ("wash", 3_000, [2, 1]), ("reward", 1, [7, 2, 1]),
    ]  # fmt: skip
    code, told, wrong = await points(*SETTLE, "--out", str(tmp_path / "files"), "--json")
    assert (code, wrong) == (0, "")
    assert [(file["merchant"], file["captures"], file["amount_minor"]) for file in json.loads(told)] == [
        ("cinema", 0, 0), ("shop-1", 1, 3_000),
    ]  # fmt: skip
    whole = json.loads((tmp_path / "files" / "corner-shop-1-000001.json").read_text())
    assert whole["trailer"]["amount_minor"] == sum(line["amount_minor"] for line in whole["lines"]) == 3_000
    shown = (await points("settle", "show", "corner", "shop-1", "1"))[1]
    assert shown.splitlines()[-1] == f"T,1,1,0,3000,3000,{whole['trailer']['sha256']}"
    assert (await points(*SETTLE, "--out", str(tmp_path / "files")))[0] == 0
    assert (tmp_path / "files" / "corner-shop-1-000001.csv").read_text() == shown


async def test_a_merchants_log_is_compared(points: Points, desk: Desk, contracts: Path, tmp_path: Path) -> None:
    wash = {"network": "car", "benefit": "wash", "amount_minor": 900, "currency": "CNY"}
    await desk.handle(*rich(), asked("w-1", "requested", 1, "w1", **wash), asked("w-2", "requested", 2, "w2", **wash))
    await points("contracts", "load", str(contracts))
    await points(*SETTLE)
    log = tmp_path / "log.csv"
    words = ("settle", "reconcile", str(log), "--bank", "corner", "--merchant", "shop-1", "--number", "1")
    head = "merchant_ref,state,units,points,amount_minor\nw1,captured,1,0,3000\n"
    log.write_text(head + "w2,captured,1,0,3000\n")
    code, told, _ = await points(*words)
    assert (code, told) == (0, "2 lines of 6,000; 2 redemptions settled at 6,000; 2 agree; no difference\n")
    log.write_text(head)
    code, told, _ = await points(*words, "--json")
    assert (code, json.loads(told)["kinds"]) == (1, {"missing-at-merchant": {"count": 1, "difference_minor": -3_000}})
    code, told, _ = await points(*words)
    assert (code, told.splitlines()[-1]) == (
        1, "1 lines of 3,000; 2 redemptions settled at 6,000; 1 agree; 1 missing-at-merchant"
    )  # fmt: skip
    log.write_text("w1;captured")
    assert "log.csv: line 1: expected the columns merchant_ref,state,units" in (await points(*words))[2]


async def test_a_wrong_call_says_what_to_do(points: Points, desk: Desk, contracts: Path) -> None:
    wrong_file = CONTRACTS.replace("30.00 per unit", "30 a wash")
    contracts.write_text(wrong_file)  # noqa: ASYNC240 - nothing else runs here
    code, _, wrong = await points("contracts", "load", str(contracts))
    assert (code, wrong.split(": ")[0]) == (1, "contracts.yaml:6:41")
    assert "expected --bank and --day" in (await points(*SETTLE[:3]))[2]
    assert (
        "no bank is called 'korner'; did you mean 'corner'?"
        in (await points("settle", "--bank", "korner", *SETTLE[3:]))[2]
    )
    assert "corner has nothing to settle on 2026-01-15" in (await points(*SETTLE))[2]
    assert (
        "shop-1 has no file 7; `points settle show corner shop-1`"
        in (await points("settle", "show", "corner", "shop-1", "7"))[2]
    )
    await desk.handle(*rich(), asked("p-1", "requested", 1, "p1", network="food", points=5))
    code, _, wrong = await points(*SETTLE)
    assert (code, "shop-1: no contract covers points reward on 2026-01-15 (p1)" in wrong) == (1, True)


async def test_killed_half_way_the_same_command_makes_the_rest(
    points: Points, desk: Desk, contracts: Path, tmp_path: Path, migrated: str
) -> None:
    """Of 40 merchants the run is killed while it waits for the 21st, which somebody else is settling."""
    shops = [f"shop-{n:02}" for n in range(40)]
    row = "[{from: 2026-01-01, points: reward, pays: 1.00 per 100 points, funded_by: {bank: 100%}}]"
    rows = "".join(f"  {shop}: {row}\n" for shop in shops)
    contracts.write_text(f"bank: corner\ncurrency: CNY\nmerchants:\n{rows}")  # noqa: ASYNC240 - nothing else runs here
    await points("contracts", "load", str(contracts))
    bought = [
        asked(f"p-{n}", "requested", n, f"p{n}", merchant=shop, network="food", points=n + 1)
        for n, shop in enumerate(shops)
    ]
    await desk.handle(*rich(), *bought)
    async with desk.owner.transaction():
        await desk.owner.execute("select pg_advisory_xact_lock(hashtextextended('settlement corner/shop-20', 0))")
        run = await points.start(*SETTLE, "--out", str(tmp_path / "files"))
        await _waits(desk, run)
        run.kill()
        await run.wait()
    assert await desk.value("select count(*) from settlement_file") == 20
    assert len(list((tmp_path / "files").glob("*.csv"))) == 20
    await desk.handle(asked("p-late", "requested", 99, "late", merchant="shop-03", network="food", points=7))
    assert (await points(*SETTLE, "--out", str(tmp_path / "files")))[0] == 0
    amounts = await desk.rows("select merchant, number, amount_minor from settlement_file order by merchant")
    assert [tuple(one) for one in amounts] == [(shop, 1, n + 1) for n, shop in enumerate(shops)]
    assert len(list((tmp_path / "files").iterdir())) == 40


async def _waits(desk: Desk, run: asyncio.subprocess.Process) -> None:
    """Until the run waits for the lock, which tells that it made the files before."""
    for _ in range(600):
        if await desk.value(WAITING):
            return
        assert run.returncode is None, await run.communicate()
        await asyncio.sleep(0.05)
    raise AssertionError("it never came so far")


WAITING = "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
