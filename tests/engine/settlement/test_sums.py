"""What all files come to is what the ledger comes to, whatever happened and wherever the cut-offs fell."""

import csv
import io
import random
from collections import Counter
from typing import Any

import pytest

from engine.settlement import files
from tests.chaos.traffic import Sent
from tests.engine.settlement.conftest import agree, asked, rich, settled, text
from tests.engine.store.conftest import Desk

LATER = """
bank: corner
currency: CNY
merchants:
  shop-1:
    - {from: 2026-01-20, benefit: wash, pays: 45.50 per unit, funded_by: {lube: 3/7, bank: 4/7}}
    - {from: 2026-01-20, points: reward, pays: 1.00 per 70 points, funded_by: {merchant: 1/9, bank: 8/9}}
"""
LEDGER = """
    with last as (
        select distinct on (member_id, redemption_id) *, case when used_on < '2026-01-20' then 0 else 1 end as later
        from redemption where merchant = 'shop-1' order by member_id, redemption_id, member_version desc
    ), kept as (
        select later, case when state = 'captured' then units else 0 end as units, captured - returned as points
        from last
    ), valued as (
        select *, units * case later when 0 then 3000 else 4550 end as of_units,
               round(points * case later when 0 then 100 / 300::numeric else 100 / 70::numeric end) as of_points
        from kept
    )
    select sum(units)::int as units, sum(points)::int as points, sum(of_units + of_points)::int as value,
           sum(of_units + of_points
               - case later when 0 then floor(of_points / 10) else of_points - floor(of_points * 8 / 9) end
           )::int as amount
    from valued"""
"""Written for this test alone. Of what points are worth the merchant bears a tenth, rounded down; later a ninth and,
being named first, what the bank's eight ninths rounded down leave over."""

DAYS = 12


@pytest.mark.parametrize("seed", range(3))
async def test_all_files_come_to_what_the_ledger_comes_to(desk: Desk, seed: int, full: bool) -> None:
    draw = random.Random(seed)
    await agree(desk)
    await agree(desk, LATER)
    members = [f"m-{n}" for n in range(6)]
    await desk.handle(*(one for member in members for one in rich(member, 100_000)))
    closed: list[files.File] = []
    for day in range(DAYS):
        todo = _day(draw, members, day, 400 if full else 40)
        while todo:
            some = draw.randrange(1, 30)
            await desk.handle(*todo[:some])
            todo = todo[some:]
        if draw.random() < 0.7 or day == DAYS - 1:
            closed.append((await settled(desk, f"2026-01-{15 + day}", "shop-1"))["shop-1"])
    assert len(closed) > 2
    [expected] = await desk.rows(LEDGER)
    found = Counter[str]()
    for file in closed:
        found.update(_read(await text(desk, file)))
    assert dict(expected) == {name: found[name] for name in expected.keys()}  # noqa: SIM118 - a row's keys, not its values
    assert min(expected.values()) > 0
    assert found["returns"] > 10


def _day(draw: random.Random, members: list[str], day: int, count: int) -> list[Sent]:
    """So many requests of a day, about what is new and what was asked for on any day before."""
    found = []
    for number in range(count):
        ref = f"r{draw.randrange(25 * (day + 1))}"
        kind, told = _request(draw)
        minutes = day * 24 * 60 + number
        # what a reference names is one member's: so that a later request finds it
        member = members[int(ref[1:]) % len(members)]
        found.append(asked(f"e-{day}-{number}", kind, minutes, ref, member=member, **told))
    return found


def _request(draw: random.Random) -> tuple[str, dict[str, Any]]:
    food, wash = {"network": "food"}, {"network": "car", "benefit": "wash", "currency": "CNY"}
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("hold-requested", food | {"points": draw.randrange(1, 500), "hold_minutes": 4_000}),
        ("requested", food | {"points": draw.randrange(1, 500)}),
        ("requested", wash | {"amount_minor": draw.randrange(1, 5_000)}),
        ("hold-requested", wash | {"amount_minor": draw.randrange(1, 5_000), "hold_minutes": 4_000}),
        ("capture-requested", {}),
        ("capture-requested", {"points": draw.randrange(1, 90), "rest": draw.choice(["keep", "void"])}),
        ("void-requested", {}),
        ("reversal-requested", {}),
        ("reversal-requested", {"points": draw.randrange(1, 90)}),
    ]
    return draw.choice(kinds)


def _read(told: str) -> Counter[str]:
    """What a file's lines come to, as whoever receives it would add them up."""
    sums = Counter[str]()
    for row in csv.reader(io.StringIO(told)):
        if row[0] == "D":
            sums.update(units=int(row[8]), points=int(row[10]), value=int(row[12]), amount=int(row[13]))
            sums.update(returns=row[2] == "return")
    return sums
