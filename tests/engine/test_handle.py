"""A batch handled by hand on a real ledger: what it answers, what it leaves, and what it costs to lease a budget."""

from pathlib import Path
from typing import Any

import pytest

from engine import journal
from engine.batch import Record
from engine.store import rows
from engine.store.ledger import Transaction
from rules.member import Balance, Member
from tests.chaos.traffic import Sent, purchase, sent
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk, banks, desk, migrated, owner

__all__ = ["banks", "desk", "migrated", "owner"]
CARD = b"4111111111111111"


async def test_a_card_number_is_nowhere_though_its_neighbour_begins_with_a_letter(desk: Desk) -> None:
    """Of what could not be used the journal keeps the place alone, and the dead letter has it masked."""
    bad = Sent(b"corner/m-00001", CARD)
    done = await desk.handle(bad, sent(purchase("one", "m-00001")))
    assert done.dead_letters == {"bad-json": 1}
    [row] = await desk.rows("select records, context, decided, changed, digest from journal")
    block = journal.decompressed(row["records"])
    assert CARD not in block
    assert b"411111" not in block
    assert journal.slice_digest(block, row["context"], row["decided"], row["changed"]) == row["digest"]
    assert await desk.value("select value from dead_letter") == b"411111******1111"
    assert CARD not in b"".join([m.value for m in done.said])


def test_a_journal_block_gives_back_what_it_was_given() -> None:
    """Absent and empty parts are told apart; a block with something behind it is refused."""
    records = [Record(7, -1, None, b"", ()), Record(9, 5, b"", None, (("a", b""), ("a", b"\x00\xff")))]
    block = journal.compressed(journal.packed(records))
    assert journal.unpacked(journal.decompressed(block)) == records
    with pytest.raises(Exception, match="ompress"):
        journal.decompressed(block + b"\x00")


async def test_a_point_type_may_have_any_name_that_a_program_allows(desk: Desk) -> None:
    """What SQL takes for nothing without quotes is a name like any other."""
    text = rows.members([Member("corner", "m", balances={"null": Balance(1), "reward": Balance(2)})])[0][8]
    assert await desk.value("select $1::text::text[]", text) == ["null", "reward"]


class TestLeases:
    """A budget so large that a lane leases it piece by piece."""

    @pytest.fixture
    def banks(self, tmp_path: Path) -> Path:
        return corner_bank(
            tmp_path,
            "program: campaign\nsemantics: 1\nversion: 2026-01-01\ntime_zone: UTC\ncurrency: CNY\n"
            "points: {reward: {spendable: true}}\nbudgets: {spring: {points: 100000}}\n"
            "earn:\n  - {id: spring, on: card.purchased, award: {points: 100, to: reward}, budget: spring}\n",
        )

    async def test_a_long_slice_leases_a_few_times_not_once_an_event(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two thousand events ask for twice the budget: decided again some twenty times, not a thousand."""
        asked: list[int] = []
        lease = Transaction.lease

        async def counted(ours: Transaction, *arguments: Any) -> int:
            asked.append(arguments[1])
            return await lease(ours, *arguments)

        monkeypatch.setattr(Transaction, "lease", counted)
        done = await desk.handle(*(sent(purchase(f"b-{n}", "m-00001")) for n in range(2_000)))
        assert done.postings == 2_000
        assert await desk.value("select sum(points) from posting") == 100_000
        assert len(asked) <= 20
