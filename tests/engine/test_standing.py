"""Tiers by hand and signals on a real ledger: their rows, and what is said of them, by the contracts of the topics."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.store.outbox import unpacked
from schemas.outgoing import SignalRaised, TierChanged
from tests.chaos.traffic import BEGINS, event, purchase, sent
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk, desk, migrated, owner

__all__ = ["desk", "migrated", "owner"]


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    return corner_bank(
        tmp_path,
        "program: corner\nsemantics: 1\nversion: 2026-01-01\ntime_zone: UTC\ncurrency: CNY\n"
        "points: {reward: {spendable: true}}\nmetrics: {spend: {sum: card.purchased.amount, over: lifetime}}\n"
        "tiers: {review: {every: calendar-year}, ladder: [{id: basic}, {id: gold, any: [{spend: 100.00}]}]}\n"
        "signals: [{id: gold-in-reach, when: {tier_in_reach: 80%}, priority: high, due_in_days: 2}]\n",
    )


async def said(desk: Desk, topic: str) -> list[Any]:
    """What waits in the outbox for a topic."""
    rows = await desk.rows("select messages from outbox order by seq")
    return [one for row in rows for one in unpacked(row["messages"], str) if one.topic == topic]


async def test_a_signal_is_a_row_and_a_message_to_the_manager(desk: Desk) -> None:
    """85 of 100 yuan: more than 80 %."""
    joined = event("member.enrolled.v1", "join", "m-1", BEGINS, {"manager": "rm-1", "deputy": "rm-2"})
    await desk.handle(sent(joined), sent(purchase("one", "m-1", minor=8_500)))
    [row] = await desk.rows(
        "select signal, subject, priority, manager, deputy, due_on - event_day as ahead from signal"
    )
    assert tuple(row) == ("gold-in-reach", "gold", "high", "rm-1", None, 2)
    [message] = await said(desk, "signals")
    raised = SignalRaised.model_validate_json(message.value)
    assert (raised.data.signal, raised.data.subject, raised.data.manager) == ("gold-in-reach", "gold", "rm-1")
    assert message.key == b"corner/m-1"


async def test_a_tier_by_hand_keeps_who_wanted_it(desk: Desk) -> None:
    until = (BEGINS + timedelta(days=90)).date().isoformat()
    told = {"tier": "gold", "until": until, "reason": "goodwill", "requested_by": "op-1", "approved_by": "op-2"}
    await desk.handle(sent(event("tier.assigned.v1", "by-hand", "m-1", BEGINS, told)))
    rows = await desk.rows("select from_tier, to_tier, reason, note, requested_by, approved_by from tier_change")
    assert ("basic", "gold", "manual", "goodwill", "op-1", "op-2") in {tuple(row) for row in rows}
    messages = [TierChanged.model_validate_json(one.value).data for one in await said(desk, "tiers")]
    assert [(one.to_tier, one.note, one.approved_by) for one in messages] == [
        ("basic", None, None),
        ("gold", "goodwill", "op-2"),
    ]
