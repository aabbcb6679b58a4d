"""A merchant's log against our files and ledger: each difference is found and of its kind, and nothing else is."""

import random
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from engine.settlement import files
from engine.settlement.merchant_log import Entry, LogRefused, read
from engine.settlement.reconcile import Difference, Ours, Report, Side, reconciled
from engine.settlement.reconciliation import compared
from tests.engine.settlement.conftest import agree, asked, rich, settled
from tests.engine.store.conftest import Desk

HEAD = "merchant_ref,state,units,points,amount_minor\n"
FOOD: dict[str, Any] = {"network": "food"}
WASH: dict[str, Any] = {"network": "car", "benefit": "wash", "amount_minor": 900, "currency": "CNY"}


def kinds(report: Report) -> list[tuple[str, str, int | None, int | None, int]]:
    return [(d.kind, d.merchant_ref, d.line, d.file, d.minor) for d in report.differences]


async def compare(desk: Desk, file: files.File, log: str) -> Report:
    return await compared(desk.owner, file, read(HEAD + log))


async def two_days(desk: Desk) -> files.File:
    """File 1 has 300 points of r1 and the wash w1, file 2 the rest; r5 is held, r6 void, r7 asked for after it."""
    await agree(desk)
    await desk.handle(
        *rich(),
        asked("r-1", "requested", 1, "r1", **FOOD, points=300),
        asked("w-1", "requested", 2, "w1", **WASH),
        asked("r-2", "requested", 3, "r2", **FOOD, points=60),
    )
    await settled(desk, "2026-01-15")
    await desk.handle(
        asked("w-2", "requested", 4, "w2", **WASH),
        asked("r-3", "requested", 5, "r3", **FOOD, points=30),
        asked("x-2", "reversal-requested", 6, "r2"),
        asked("r-4", "requested", 7, "r4", **FOOD, points=90),
        asked("h-5", "hold-requested", 8, "r5", **FOOD, points=9, hold_minutes=9_000),
        asked("h-6", "hold-requested", 9, "r6", **FOOD, points=9),
        asked("v-6", "void-requested", 10, "r6"),
    )
    second = (await settled(desk, "2026-01-16", "shop-1"))["shop-1"]
    await desk.handle(
        asked("r-7", "requested", 11, "r7", **FOOD, points=6),
        asked("x-4", "reversal-requested", 12, "r4"),
    )
    return second


RIGHT = "w2,captured,1,0,3000\nr3,captured,0,30,9\nr2,reversed,0,0,0\nr4,captured,0,90,27\n"


async def test_a_log_that_is_right_has_no_difference(desk: Desk) -> None:
    """30 points at a third of a fen are 10 fen, of which the merchant bears 1; 90 are 30 less 3; back is nothing."""
    second = await two_days(desk)
    assert await compare(desk, second, RIGHT) == Report(4, 4, 4, 3_036, 3_036, [])
    untold = "w2,captured,,,\nr3,captured,,30,\nr2,reversed,,,\nr4,captured,,,27\n"
    assert kinds(await compare(desk, second, untold)) == []


@pytest.mark.parametrize(
    ("was", "written", "expected"),
    [
        ("r3,captured,0,30,9\n", "", [("missing-at-merchant", "r3", None, 2, -9)]),
        ("", "r9,captured,0,5,2\n", [("missing-here", "r9", 2, None, 2)]),
        ("3000", "3200", [("amount-differs", "w2", 2, 2, 200)]),
        ("r3,captured,0,30", "r3,captured,0,31", [("quantity-differs", "r3", 3, 2, 0)]),
        ("r2,reversed,0,0,0", "r2,captured,0,60,20", [("state-differs", "r2", 4, 2, 20)]),
        ("", "r6,captured,0,9,3\n", [("state-differs", "r6", 2, None, 3)]),
        ("", "r5,captured,0,9,3\n", [("state-differs", "r5", 2, None, 3)]),
        ("", "r3,captured,0,30,9\n", [("duplicate", "r3", 4, None, 9)]),
        ("", "r3,captured,0,30,11\n", [("duplicate", "r3", 2, None, 11)]),
        ("", "r1,captured,0,300,90\n", [("settled-in-another-file", "r1", 2, 1, 90)]),
        ("", "w1,captured,1,0,3100\n", [("amount-differs", "w1", 2, 1, 3_100)]),
        ("", "r7,captured,0,6,2\n", [("after-the-cut-off", "r7", 2, None, 2)]),
        ("r4,captured,0,90,27", "r4,reversed,0,0,0", [("after-the-cut-off", "r4", 5, 2, -27)]),
        ("", "r9,captured,0,5,2\nr9,captured,0,5,2\n",
         [("missing-here", "r9", 2, None, 2), ("duplicate", "r9", 3, None, 2)]),
    ],
)  # fmt: skip
async def test_each_difference_is_of_its_kind(
    desk: Desk, was: str, written: str, expected: list[tuple[str, str, int | None, int | None, int]]
) -> None:
    second = await two_days(desk)
    report = await compare(desk, second, RIGHT.replace(was, written, 1))
    assert kinds(report) == expected
    assert report.log_minor - report.file_minor == sum(d.minor for d in report.differences)


async def test_a_file_that_is_not_what_the_ledger_has_shows(desk: Desk) -> None:
    """Three sides: the merchant agrees with a line that somebody took away past every guard, and with none."""
    second = await two_days(desk)
    async with desk.owner.transaction():
        await desk.owner.execute("set local session_replication_role = replica")
        await desk.owner.execute("delete from settlement_line where merchant_ref = 'r3'")
    found = kinds(await compare(desk, second, RIGHT))
    assert ("not-settled", "r3") in {one[:2] for one in found}
    silent = kinds(await compare(desk, second, RIGHT.replace("r3,captured,0,30,9\n", "")))
    assert [one[:2] for one in silent] == [("not-settled", "r3")]


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("ref,state\n", "line 1: expected the columns merchant_ref,state,units,points,amount_minor"),
        (HEAD + "r1,taken,1,,\n", "line 2: state: expected captured or reversed, not 'taken'"),
        (HEAD + "r1,captured,1,,30.00\n", "line 2: amount_minor: expected a whole number or nothing, not '30.00'"),
        (HEAD + "r1,captured\n", "line 2: expected 5 fields, found 2"),
        (HEAD + ",captured,,,\n", "line 2: merchant_ref: expected 1 to 128 characters"),
        (HEAD + 'r1,captured,"1,,\n', "line 2: not CSV"),
    ],
)
def test_a_log_that_cannot_be_read_says_where(log: str, said: str) -> None:
    with pytest.raises(LogRefused) as refused:
        read(log)
    assert said in str(refused.value)


def test_a_log_may_begin_with_the_mark_that_spreadsheets_write() -> None:
    assert read("\ufeff" + HEAD + "r1,captured,1,,\n\n") == [Entry(2, "r1", "captured", 1, None, None)]


class Damage:
    """Drops, alters and repeats lines of a right log, and knows what each is to be called."""

    def __init__(self, seed: int, log: list[str]) -> None:
        self._draw = random.Random(seed)
        self.log = list(log)
        self.expected: Counter[tuple[str, str]] = Counter()
        self._repeated: list[str] = []

    def done(self, count: int) -> "Damage":
        at = self._draw.sample(range(len(self.log)), count)
        for number, place in enumerate(sorted(at, reverse=True)):
            getattr(self, ("_drop", "_amount", "_state", "_repeat")[number % 4])(place)
        for line in self._repeated:  # last, so that no line that is repeated is damaged as well
            self.log.insert(self._draw.randrange(len(self.log)), line)
        return self

    def _expect(self, kind: str, place: int) -> list[str]:
        cells = self.log[place].split(",")
        self.expected[kind, cells[0]] += 1
        return cells

    def _drop(self, place: int) -> None:
        self._expect("missing-at-merchant", place)
        del self.log[place]

    def _amount(self, place: int) -> None:
        cells = self._expect("amount-differs", place)
        self.log[place] = ",".join([*cells[:4], str(int(cells[4]) + self._draw.randrange(1, 10**6))])

    def _state(self, place: int) -> None:
        cells = self._expect("state-differs", place)
        self.log[place] = f"{cells[0]},reversed,0,0,0"

    def _repeat(self, place: int) -> None:
        self._expect("duplicate", place)
        self._repeated.append(self.log[place])


def found(differences: list[Difference]) -> Counter[tuple[str, str]]:
    return Counter((d.kind, d.merchant_ref) for d in differences)


@pytest.mark.parametrize("count", [1, 4, 5_000])
def test_in_a_hundred_thousand_lines_each_wrong_one_is_found(count: int) -> None:
    lines = [f"ref-{n},captured,0,{n % 977 + 1},{n % 977 * 7 + 3}" for n in range(100_000)]
    sides = [Side("captured", 0, n % 977 + 1, n % 977 * 7 + 3) for n in range(100_000)]
    ours = [
        Ours(UUID(int=n), f"ref-{n}", side._replace(amount_minor=None), side._replace(amount_minor=None), side, 7)
        for n, side in enumerate(sides)
    ]
    damage = Damage(count, lines).done(count)
    report = reconciled(read(HEAD + "\n".join(damage.log)), ours, 7)
    assert found(report.differences) == damage.expected
    assert report.log_minor - report.file_minor == sum(d.minor for d in report.differences)


async def test_a_whole_days_log_against_a_real_ledger(desk: Desk, full: bool) -> None:
    """A right log has no difference; with one line wrong, or one in a hundred, each is found and nothing else is.

    The log is made from what was asked for, not from what was kept.
    """
    count = 100_000 if full else 2_000
    await agree(desk)
    members = [f"m-{n}" for n in range(50)]
    await desk.handle(*(one for member in members for one in rich(member, 2_000_000)))
    log = []
    for start in range(0, count, 2_000):
        some = range(start, start + 2_000)
        await desk.handle(*(
            asked(f"e-{n}", "requested", n // 1_000, f"r-{n}", **FOOD, points=n % 300 + 1, member=members[n % 50])
            for n in some
        ))  # fmt: skip
        # a third of a fen a point, rounded half-up, less the merchant's tenth of that, rounded down
        values = [(n, (2 * (n % 300 + 1) + 3) // 6) for n in some]
        log += [f"r-{n},captured,0,{n % 300 + 1},{value - value // 10}" for n, value in values]
    file = (await settled(desk, "2026-01-16", "shop-1"))["shop-1"]
    assert (await compare(desk, file, "\n".join(log))).differences == []
    for wrong in (1, count // 100):
        damage = Damage(wrong, log).done(wrong)
        report = await compare(desk, file, "\n".join(damage.log))
        assert found(report.differences) == damage.expected
