"""A business day's files: what stands in them, that they never change, and that none is lost or made twice."""

import asyncio
import csv
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import orjson
import pytest

from engine.evidence.audit import checks
from engine.settlement import files, settle
from engine.settlement.lines import step_of
from engine.settlement.settle import Unsettled, cut_off
from engine.store.connect import ROLE
from engine.store.outbox import unpacked
from schemas.outgoing import SettlementClosed
from tests.engine.settlement.conftest import agree, asked, lines, parts, rich, settled, text
from tests.engine.store.conftest import Desk

FOOD: dict[str, Any] = {"network": "food"}
WASH: dict[str, Any] = {"network": "car", "benefit": "wash", "amount_minor": 1_250, "currency": "CNY"}
FILM: dict[str, Any] = {"merchant": "cinema", "network": "cinema", "benefit": "film", "currency": "CNY"}
FIRST = [
    *rich(),
    asked("h-1", "hold-requested", 1, "r1", **FOOD, points=40),
    asked("c-1", "capture-requested", 2, "r1", points=15, rest="keep"),
    asked("c-2", "capture-requested", 3, "r1", points=20),
    asked("x-1", "reversal-requested", 4, "r1", points=10),
    asked("h-2", "hold-requested", 5, "r2", **FOOD, points=20),
    asked("v-2", "void-requested", 6, "r2"),
    asked("w-3", "requested", 7, "r3", **WASH),
]
"""Points are worth a third of a fen: 15 come to 5; 35 to 11.67, 12; 25, after 10 went back, to 8.33, 8. So the lines
say 5, 12 - 5 = 7 and 8 - 12 = -4. Of 5, 12 and 8 the brand bears a fifth rounded down, 1, 2 and 1, the merchant a
tenth, 0, 1 and 0, the bank the rest, 4, 9 and 7. The wash brings 30.00, two thirds of it the bank's; 12.50 is 2.50
above its ceiling, which 5 points pay: 1.67, 2, of which a fifth and a tenth are nothing."""
GAP = """
    insert into settlement_file (bank, merchant, number, business_date, currency, after_seq, through_seq, captures,
                                 returns, value_minor, amount_minor, digest)
    select bank, merchant, {}, '2026-02-01', currency, {}, 99999999, 0, 0, 0, 0, digest
    from settlement_file where merchant = 'cinema' and number = 3"""
TERMS = (
    "wash from 2026-01-01: 3000 per unit; bank 2/3 lube 1/3; "
    "reward from 2026-01-01: 1/3 per point; bank 7/10 lube 1/5 merchant 1/10"
)
EMPTY_LANE = 1
"""Of `m-1` are the lanes beside it."""


async def test_a_file_says_what_was_captured_and_given_back(desk: Desk) -> None:
    await agree(desk)
    await desk.handle(*FIRST)
    file = (await settled(desk, "2026-01-15"))["shop-1"]
    assert file.totals == (3, 1, 5 + 7 - 4 + 3_002, 5 + 6 - 3 + 3_002)
    assert parts(await lines(desk, file), "step", "merchant_ref", "units", "points", "value_minor", "amount_minor") == [
        ("capture", "r1", 0, 15, 5, 5),
        ("capture", "r1", 0, 20, 7, 6),
        ("return", "r1", 0, -10, -4, -3),
        ("capture", "r3", 1, 5, 3_002, 3_002),
    ]
    assert parts(await lines(desk, file), "funded", "corrects") == [
        ({"bank": 4, "lube": 1, "merchant": 0}, None),
        ({"bank": 5, "lube": 1, "merchant": 1}, None),
        ({"bank": -2, "lube": -1, "merchant": -1}, {"number": 1, "line": 1}),
        ({"bank": 2_002, "lube": 1_000, "merchant": 0}, None),
    ]


async def test_the_text_is_header_details_and_a_trailer_over_them(desk: Desk) -> None:
    await agree(desk)
    await desk.handle(*FIRST)
    file = (await settled(desk, "2026-01-15"))["shop-1"]
    told = await text(desk, file)
    rows = list(csv.reader(io.StringIO(told)))
    assert [row[0] for row in rows] == ["H", "D", "D", "D", "D", "T"]
    newest = await desk.value("select max(seq) from journal")
    assert rows[0][1:] == ["1", "corner", "shop-1", "1", "2026-01-15", "CNY", "0", str(newest)]
    redeemed = await desk.value("select redemption_id from redemption where merchant_ref = 'r3'")
    assert rows[4][1:] == [
        "4", "capture", str(redeemed), "r3", "2026-01-15", "2026-01-15T12:07:00Z", "wash", "1", "reward", "5", "1250",
        "3002", "3002", "bank=2002 lube=1000 merchant=0",
        TERMS, "",
    ]  # fmt: skip
    covered, _, _ = told.rpartition("T,")
    assert rows[5][1:] == ["4", "3", "1", "3010", "3010", hashlib.sha256(covered.encode()).hexdigest()]


async def test_a_share_of_the_price_is_of_what_the_customer_does_not_pay(desk: Desk) -> None:
    """Of some uses money above the ceiling, of others points; of one the price is not told.

    80 % of 35.56 is 28.448, 28.45: half of it, 14.22, the merchant bears. Of 50.00, 10.00 above the ceiling paid in
    money leave 40.00: 32.00, half of it 16.00; paid in points 50.00 stay: 40.00 and 20.00. Two shows unpriced: 50.00.
    """
    await agree(desk)
    show = {"merchant": "cinema", "network": "cinema", "benefit": "show", "units": 2}
    await desk.handle(
        *rich(),
        asked("f-1", "requested", 1, "f1", **FILM, amount_minor=3_556),
        asked("f-2", "requested", 2, "f2", **FILM, amount_minor=5_000, excess="money"),
        asked("f-3", "requested", 3, "f3", **FILM, amount_minor=5_000),
        asked("s-1", "requested", 4, "s1", **show),
    )
    file = (await settled(desk, "2026-01-15"))["cinema"]
    assert parts(await lines(desk, file), "merchant_ref", "price_minor", "points", "value_minor", "amount_minor") == [
        ("f1", 3_556, 0, 2_845, 1_423),
        ("f2", 4_000, 0, 3_200, 1_600),
        ("f3", 5_000, 20, 4_000, 2_000),
        ("s1", None, 0, 5_000, 5_000),
    ]


async def test_what_comes_back_later_is_a_line_of_a_later_file_that_names_the_first(desk: Desk) -> None:
    """The contract has changed meanwhile; the return takes back what was settled, and new uses bring the new price."""
    await agree(desk)
    await desk.handle(*FIRST)
    first = (await settled(desk, "2026-01-15"))["shop-1"]
    before = await text(desk, first)
    assert await agree(desk, """
bank: corner
currency: CNY
merchants:
  shop-1:
    - {from: 2026-01-16, benefit: wash, pays: 45.00 per unit, funded_by: {bank: 100%}}
""") == 1  # fmt: skip
    day = 24 * 60
    await desk.handle(
        asked("x-3", "reversal-requested", day, "r3"),
        asked("x-1b", "reversal-requested", day + 1, "r1"),
        asked("w-4", "requested", day + 2, "r4", **WASH | {"amount_minor": 1_000}),
    )
    second = (await settled(desk, "2026-01-16"))["shop-1"]
    assert (second.header.number, second.header.after_seq) == (2, first.header.through_seq)
    assert parts(await lines(desk, second), "step", "merchant_ref", "amount_minor", "corrects") == [
        ("return", "r3", -3_002, {"number": 1, "line": 4}),
        ("return", "r1", -8, {"number": 1, "line": 1}),
        ("capture", "r4", 4_500, None),
    ]
    assert await text(desk, first) == before
    assert second.totals.amount_minor == 4_500 - 3_010


async def test_the_same_day_again_gives_the_same_file_and_nothing_new(desk: Desk) -> None:
    await agree(desk)
    await desk.handle(*FIRST)
    once = await settled(desk, "2026-01-15")
    await desk.handle(asked("w-9", "requested", 9, "r9", **WASH))
    again = await settled(desk, "2026-01-15")
    assert again == once
    assert await desk.value("select count(*) from settlement_file") == 2
    late = (await settled(desk, "2026-01-16"))["shop-1"]
    assert parts(await lines(desk, late), "merchant_ref") == [("r9",)]


async def test_settled_twice_at_once_it_is_settled_once(desk: Desk) -> None:
    await agree(desk)
    await desk.handle(*FIRST)
    many = await asyncio.gather(*(settled(desk, "2026-01-15") for _ in range(5)))
    assert all(one == many[0] for one in many)
    assert await desk.value("select count(*) from settlement_line") == 4


async def test_a_merchant_without_movements_has_an_empty_file_and_numbers_have_no_gap(desk: Desk) -> None:
    await agree(desk)
    days = [(await settled(desk, f"2026-01-{day}"))["cinema"] for day in (15, 16, 19)]
    assert [(file.header.number, file.totals) for file in days] == [(n, (0, 0, 0, 0)) for n in (1, 2, 3)]
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="settlement_file_follows"):
        await desk.owner.execute(GAP.format(5, 0))
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="settlement_file_follows"):
        await desk.owner.execute(GAP.format(4, days[2].header.through_seq + 1))


async def test_a_day_that_has_passed_is_not_settled_behind_a_later_one(desk: Desk) -> None:
    await agree(desk)
    await settled(desk, "2026-01-16")
    with pytest.raises(Unsettled, match="is settled beyond 2026-01-15 already"):
        await settled(desk, "2026-01-15")
    with pytest.raises(Unsettled, match="2199-01-01 has not begun in UTC"):
        await settled(desk, "2199-01-01")


async def test_what_no_contract_covers_is_not_settled_at_nothing(desk: Desk) -> None:
    """Other merchants are; and once a contract says the price, all of it is."""
    await agree(desk)
    await desk.handle(*rich(), asked("p-1", "requested", 1, "p1", merchant="cinema", **FOOD, points=30))
    with pytest.raises(Unsettled) as refused:
        await settled(desk, "2026-01-15", "cinema")
    assert "cinema: no contract covers points reward on 2026-01-15 (p1); add rows" in str(refused.value)
    assert await desk.value("select count(*) from settlement_line") == 0
    assert (await settled(desk, "2026-01-15", "shop-1")).keys() == {"shop-1"}
    text_ = "{from: 2026-01-15, points: reward, pays: 0.50 per 100 points, funded_by: {bank: 100%}}"
    await agree(desk, f"bank: corner\ncurrency: CNY\nmerchants:\n  cinema:\n    - {text_}\n")
    assert (await settled(desk, "2026-01-15", "cinema"))["cinema"].totals.amount_minor == 15


async def test_the_cut_off_waits_for_numbers_that_are_not_committed_yet(desk: Desk) -> None:
    """One batch has drawn its number and not committed; another with a later number has. Neither may be passed over."""
    await agree(desk)
    pool = desk.handler.ledger.pool
    async with pool.acquire() as slow:
        begun = slow.transaction()
        await begun.start()
        await slow.fetch("select * from lane where topic = 'loyalty.events' and partition = $1 for update", EMPTY_LANE)
        drawn = await slow.fetchval("select nextval('points.journal_seq')")
        await desk.handle(*rich())
        cutting = asyncio.ensure_future(cut_off(pool))
        done, _ = await asyncio.wait([cutting], timeout=0.5)
        assert not done
        await begun.commit()
    assert await cutting > drawn


async def test_no_message_waits_while_a_file_is_reckoned(
    desk: Desk, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction with an id holds back all messages after it: until the last step is known, settling has none."""
    await agree(desk)
    await desk.handle(*FIRST)
    seen: list[int] = []

    async def writing() -> int:
        session = await asyncpg.connect(migrated)
        sql = "select count(*) from pg_stat_activity where backend_xid is not null and datname = current_database()"
        count: int = await session.fetchval(sql)
        await session.close()
        return count

    def looked(row: Any) -> Any:
        with ThreadPoolExecutor(1) as thread:
            seen.append(thread.submit(asyncio.run, writing()).result())
        return step_of(row)

    monkeypatch.setattr(settle, "STEPS_AT_ONCE", 1)
    monkeypatch.setattr(settle, "step_of", looked)
    assert (await settled(desk, "2026-01-15"))["shop-1"].totals.captures == 3
    assert seen == [0] * len(FIRST[2:])


async def test_a_closed_file_is_told_once_with_its_totals_and_digest(desk: Desk) -> None:
    await agree(desk)
    await desk.handle(*FIRST)
    file = (await settled(desk, "2026-01-15"))["shop-1"]
    await settled(desk, "2026-01-15")
    said = [m for row in await desk.rows("select messages from outbox") for m in unpacked(row["messages"], str)]
    [value] = [m.value or b"" for m in said if (m.topic, m.key) == ("settlements", b"corner/shop-1")]
    message = SettlementClosed.model_validate_json(value, by_name=False)
    assert message.data.model_dump() == {
        "bank": "corner", "merchant": "shop-1", "number": 1, "business_date": file.header.business_date,
        "redemptions": 3, "reversals": 1, "amount_minor": 3_010, "currency": "CNY", "digest": file.digest.hex(),
    }  # fmt: skip
    assert orjson.loads(value)["type"] == "settlement.closed.v1"


async def test_the_audit_holds_of_what_a_settlement_said_and_of_nothing_else(desk: Desk) -> None:
    """The message of a closed file stands for no slice of the journal; the same said at another time is planted."""
    await agree(desk)
    await desk.handle(*FIRST)
    await settled(desk, "2026-01-15")
    await desk.handle(asked("w-4", "requested", 8, "r4", **WASH))
    assert [one for one in await checks(desk.owner) if one.wrong] == []
    seq = await desk.value("select nextval('journal_seq')")
    await desk.owner.execute("insert into outbox select $1::int8, xid, messages, 1 from outbox limit 1", seq)
    assert [(one.name, one.first) for one in await checks(desk.owner) if one.wrong] == [("outbox", str(seq))]


@pytest.mark.parametrize("table", ["contract", "settlement_file", "settlement_line"])
async def test_what_is_settled_is_never_changed(desk: Desk, table: str) -> None:
    await agree(desk)
    await desk.handle(*FIRST)
    await settled(desk, "2026-01-15")
    for verb in (
        f"update points.{table} set bank = 'x'",
        f"delete from points.{table}",
        f"truncate points.{table} cascade",
    ):
        with pytest.raises(asyncpg.RestrictViolationError, match="never changed"):
            await desk.owner.execute(verb)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _as_application(desk, verb)


async def _as_application(desk: Desk, verb: str) -> None:
    async with desk.owner.transaction():
        await desk.owner.execute(f"set local role {ROLE}")
        await desk.owner.execute(verb)


async def test_a_line_changed_past_every_guard_shows(desk: Desk) -> None:
    await agree(desk)
    await desk.handle(*FIRST)
    file = (await settled(desk, "2026-01-15"))["shop-1"]
    async with desk.owner.transaction():
        await desk.owner.execute("set local session_replication_role = replica")
        await desk.owner.execute("update settlement_line set used_on = used_on - 1 where line = 4")
    with pytest.raises(files.FileChanged, match="file 1 of shop-1 is not what was settled"):
        await text(desk, file)
