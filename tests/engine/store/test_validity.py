"""Points given again after a close, and points that expire later, read from and written to a real ledger."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.evidence.audit import checks
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.engine.store.conftest import Desk
from tests.engine.store.test_past import BALANCES, OPEN

PROGRAM = """
program: corner-bank
semantics: 1
version: 2026-01-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true, expires: {after_months: 1, at: month-end}}}
adjustments:
  reasons: [goodwill]
  approvals: [{up_to: 1000, by: 1}]
  reinstate: {within_days: 60, valid_days: 10}
  extend: {at_most_days: 20}
earn:
  - {id: purchase, on: card.purchased, award: {rate: 1 per full 1.00, to: reward}}
"""


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    """A point for each whole yuan; January's expire at the end of February."""
    (tmp_path / "program.yaml").write_text(PROGRAM)
    (tmp_path / "banks.yaml").write_text(
        "banks:\n  corner:\n    programs: [program.yaml]\n    sources: {/banks/corner/cards: all}\n"
    )
    return tmp_path / "banks.yaml"


def by_hand(kind: str, id_: str, at: datetime, points: int, **told: str) -> Sent:
    hand = {"reason": "goodwill", "requested_by": "op-1", "requested_at": at.isoformat(), "approved_by": ["op-2"]}
    about: dict[str, Any] = {"point_type": "reward", "points": points, **told, **hand}
    return sent(event(f"points.{kind}.v1", id_, "m-1", at, about))


def day(month: int, number: int) -> datetime:
    return datetime(2026, month, number, 12, tzinfo=UTC)


STORY = [
    by_hand("reinstated", "again-1", day(3, 5), 60, expired_on="2026-03-01"),
    by_hand("reinstated", "again-2", day(3, 6), 41, expired_on="2026-03-01"),
    by_hand("reinstated", "again-3", day(3, 6), 40, expired_on="2026-03-01"),
    by_hand("extended", "longer", day(3, 7), 70, expires_on="2026-03-16", until="2026-04-05"),
    by_hand("extended", "longer-2", day(3, 7), 20, expires_on="2026-03-15", until="2026-04-01"),
]
"""100 expired on 1 March: 60 and 40 come again, 41 do not. Of the 40 until 16 March no 70 go on, of the 60 20 do."""


@pytest.mark.parametrize("size", [1, 2, len(STORY)])
async def test_what_expired_comes_again_once_in_batches_of_any_size(desk: Desk, size: int) -> None:
    await desk.handle(sent(purchase("p", "m-1", day(1, 10), minor=10_000)))
    await desk.close("2026-02-28")
    for at in range(0, len(STORY), size):
        await desk.handle(*STORY[at : at + size])
    assert [row[0] for row in await desk.rows("select reason from refusal order by member_version")] == [
        "not-enough-points", "not-enough-points",
    ]  # fmt: skip
    assert await desk.rows(OPEN) == await desk.rows(BALANCES)
    given = await desk.rows(
        "select points, expires_on::text from posting where points > 0 order by member_version, points"
    )
    assert [tuple(row) for row in given] == [
        (100, "2026-03-01"), (60, "2026-03-15"), (40, "2026-03-16"), (20, "2026-04-01"),
    ]  # fmt: skip
    assert [one for one in await checks(desk.owner) if one.wrong] == []
    await desk.close("2026-03-31")
    assert await desk.rows(BALANCES) == []


@pytest.mark.parametrize("size", [1, 2])
async def test_what_expired_on_another_day_is_not_given_for_this_one_whatever_the_batch(desk: Desk, size: int) -> None:
    """100 expired on 1 March and 30 on 1 April: 40 of April's do not come again, 60 of March's do."""
    bought = [
        sent(purchase(f"p-{month}", "m-1", day(month, 10), minor=minor)) for month, minor in ((1, 10_000), (2, 3_000))
    ]
    await desk.handle(*bought)
    await desk.close("2026-03-31")
    asked = [
        by_hand("reinstated", "april", day(4, 5), 40, expired_on="2026-04-01"),
        by_hand("reinstated", "march", day(4, 5), 60, expired_on="2026-03-01"),
    ]
    for at in range(0, len(asked), size):
        await desk.handle(*asked[at : at + size])
    refused = await desk.rows("select reason, detail from refusal")
    assert [tuple(row) for row in refused] == [
        ("not-enough-points", "30 of reward that expired on 2026-04-01 can be given again")
    ]
    assert await desk.value("select available[1] from member") == 60
