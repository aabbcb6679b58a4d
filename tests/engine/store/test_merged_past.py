"""What happened before a merge comes back after it: read of the ledger of who merged, and taken at the survivor."""

from collections.abc import Iterable
from typing import Any

import pytest

from engine.evidence.audit import checks
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.engine.store.conftest import Desk
from tests.engine.store.test_past import BALANCES, NOON, OPEN, banks
from tests.engine.test_verify import verdict

__all__ = ["banks"]
SHOP = {"merchant": "shop-1", "merchant_ref": "r-1"}


def said(kind: str, id_: str, member: str, **told: Any) -> Sent:
    return sent(event(f"{kind}.v1", id_, member, NOON, told) | {"source": "/banks/corner/cards"})


def refunded(id_: str, member: str, yuan: int, original_id: str = "a") -> Sent:
    about = {"card": "tok-1", "mcc": "5411", "merchant": "mer-1", "amount_minor": yuan * 100, "currency": "CNY"}
    original = {"original_source": "/banks/corner/cards", "original_id": original_id}
    return said("card.refunded", id_, member, **about, **original, original_business_date="2026-01-15")


BEFORE = [
    said("member.enrolled", "x-1", "m-1"),
    said("member.enrolled", "x-2", "m-2"),
    sent(purchase("a", "m-1", NOON, minor=10_000)),
    said("redemption.requested", "r-1", "m-1", **SHOP, network="food", points=20),
    said("member.merged", "x-3", "m-1", into="m-2"),
]
AFTER = [
    refunded("a-1", "m-1", 30),
    refunded("a-2", "m-2", 30),
    said("redemption.reversal-requested", "r-2", "m-1", **SHOP),
    refunded("a-3", "m-1", 50),
    refunded("a-4", "m-2", 1),
]


async def told(desk: Desk, events: Iterable[Sent]) -> None:
    """Handles them, and what the engine says because of them until it says nothing more."""
    batch = list(events)
    while batch:
        await desk.handle(*batch)
        batch = await desk.markers()


@pytest.mark.parametrize(("size", "parts"), [(1, [-40, -30, -30]), (len(AFTER), [-50, -30, -20])])
async def test_a_refund_and_a_reversal_reach_the_survivor_in_batches_of_any_size(
    desk: Desk, size: int, parts: list[int]
) -> None:
    """100 less 20 come over; 30 and 30 go, 20 come back and the last 40 go. The fifth refund finds nothing.

    All at once, what is said of m-2 reaches m-1 after the 50, and finds 20 of its 30.
    """
    await told(desk, BEFORE)
    for at in range(0, len(AFTER), size):
        await told(desk, AFTER[at : at + size])
        assert await desk.rows(OPEN) == await desk.rows(BALANCES)
    assert await desk.rows(BALANCES) == []
    assert [row[0] for row in await desk.rows("select reason from refusal")] == ["reversed-already"]
    taken = await desk.rows("select points from posting where kind = 'reversed' and member_id = 'm-2' order by points")
    assert [row[0] for row in taken] == parts
    assert await verdict(desk) is None
    assert [one for one in await checks(desk.owner) if one.wrong] == []


UNDONE = [
    said("redemption.requested", "r-3", "m-2", merchant="shop-1", merchant_ref="r-3", network="food", points=30),
    refunded("a-1", "m-2", 10),
    said("member.unmerged", "x-4", "m-1", cause="mistake"),
    refunded("a-2", "m-1", 20),
    said("member.merged", "x-5", "m-1", into="m-2"),
    refunded("a-3", "m-1", 5),
]
"""Of m-1's 80, m-2 spends 30, 10 come back: 40 go home, 20 come back there; of the 20 that merge again 5."""


@pytest.mark.parametrize("size", [1, 2])
async def test_what_is_left_goes_home_and_all_that_was_is_read_again(desk: Desk, size: int) -> None:
    await told(desk, BEFORE)
    for at in range(0, len(UNDONE), size):
        await told(desk, UNDONE[at : at + size])
        assert await desk.rows(OPEN) == await desk.rows(BALANCES)
    assert [tuple(row) for row in await desk.rows(BALANCES)] == [("m-2", "reward", 15)]
    assert await verdict(desk) is None
    assert [one for one in await checks(desk.owner) if one.wrong] == []


MEANWHILE = [
    sent(purchase("b", "m-1", NOON, minor=5_000)),
    said("member.unmerged", "x-4", "m-1", cause="mistake"),
    refunded("b-1", "m-1", 20, "b"),
    refunded("b-2", "m-2", 25, "b"),
    refunded("c-1", "m-1", 8, "c"),
    sent(purchase("c", "m-1", NOON, minor=1_000)),
]
"""m-1 has its 80 again. Of the 50 that it bought as m-2, 20 and 25 come back there; 8 wait for its own 10."""


@pytest.mark.parametrize("size", [1, 2])
async def test_what_was_bought_meanwhile_comes_back_where_it_is(desk: Desk, size: int) -> None:
    await told(desk, BEFORE)
    for at in range(0, len(MEANWHILE), size):
        await told(desk, MEANWHILE[at : at + size])
        assert await desk.rows(OPEN) == await desk.rows(BALANCES)
    assert [tuple(row) for row in await desk.rows(BALANCES)] == [("m-1", "reward", 82), ("m-2", "reward", 5)]
    assert await desk.rows("select reason from refusal") == await desk.rows("select reason from dead_letter") == []
    assert await verdict(desk) is None
    assert [one for one in await checks(desk.owner) if one.wrong] == []
