"""Profiles are sealed in the journal, and gone from everywhere that is the ledger's own when their member is erased."""

from pathlib import Path
from typing import Any

import pytest

from engine.evidence import backtest
from engine.evidence.trace import WasErased, traced
from engine.evidence.verify import Asked, Verdict, verified
from engine.registry import Registries
from engine.sealing import Masters
from engine.settings import SettingsError, load
from engine.store.ledger import Ledger
from engine.store.outbox import Outbox
from engine.store.rewrapping import rewrapped
from engine.work import run_worker
from rules.language.load import load as loaded
from schemas.decode import decode
from tests import canaries
from tests.chaos.house import PARTITIONS, partition_of
from tests.chaos.traffic import Sent, purchase, sent
from tests.conftest import MASTERS
from tests.corner import corner_bank
from tests.engine.evidence.story import NOON, PROGRAM, lived, registered, told
from tests.engine.store.conftest import Desk, desk, migrated, owner

__all__ = ["desk", "migrated", "owner"]

CANARY = "canary-7f3a"


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    return registered(tmp_path)


def joins(member: str, minutes: int = 0, **more: Any) -> Sent:
    """A member joins and tells of itself."""
    profile = {"birth_month": 2, "birth_day": 20, "segments": [CANARY], "branch": f"b-{CANARY}", "region": CANARY}
    return told("member.enrolled", member, minutes, **(profile | more))


def erased(member: str, minutes: int) -> Sent:
    return told("member.erased", member, minutes, request="req-1")


async def where(desk: Desk) -> list[str]:
    """The tables that hold the canary."""
    return await canaries.where(desk.owner, CANARY)


async def forgotten(desk: Desk) -> int:
    """The relay does what erasures left to be done behind them; how many pieces it was in."""
    outbox, pieces = Outbox(desk.handler.ledger.pool, str), 0
    while await outbox.forget():
        pieces += 1
    assert await desk.value("select count(*) from erasure") == 0
    return pieces


async def proved(desk: Desk, masters: Masters = MASTERS, **more: Any) -> Verdict:
    async with desk.handler.ledger.pool.acquire() as session, session.transaction():
        return await verified(session, PARTITIONS, Asked(masters=masters, **more))


async def test_the_journal_keeps_a_profile_sealed_and_decides_by_it_again(desk: Desk) -> None:
    await desk.handle(joins("m-1"), sent(purchase("buy", "m-1", NOON)))
    assert await where(desk) == ["member"]
    assert await desk.value("select count(*) from member_key") == 1
    found = await proved(desk)
    assert (found.divergence, found.erased) == (None, 0)
    with pytest.raises(SettingsError, match="POINTS_PROFILE_KEY"):
        await proved(desk, Masters("another secret of thirty-two characters"))


async def test_who_is_erased_leaves_a_ledger_that_is_whole(desk: Desk) -> None:
    """Of three members one goes: its profile is nowhere, its rows are proved by their seals, the others decided again.

    That the ledger's own sums stay is plain: 12 points, of one purchase, are all that comes to it.
    """
    await lived(desk)
    rows = await desk.rows("select sum(points), count(*) from posting")
    await desk.handle(erased("m-2", 90 * 24 * 60), sent(purchase("late", "m-3", NOON)))
    assert await desk.value("select state::jsonb ? 'profile' from member where member_id = 'm-2'") is False
    assert await desk.value("select array_agg(member_id order by member_id) from member_key") == ["m-1", "m-3"]
    assert (await desk.rows("select sum(points) - 12, count(*) - 1 from posting")) == rows
    found = await proved(desk)
    assert (found.divergence, found.erased) == (None, 1)
    assert (await proved(desk, chain_only=True)).divergence is None
    assert (await proved(desk, bank="corner")).divergence is None


async def test_a_history_through_the_program_that_it_had_comes_to_itself_without_who_was_erased(desk: Desk) -> None:
    await lived(desk)
    await desk.handle(erased("m-2", 90 * 24 * 60))
    asked = backtest.Asked("corner", loaded(PROGRAM, "same"), NOON.date(), masters=MASTERS)
    async with desk.handler.ledger.pool.acquire() as session, session.transaction():
        found = await backtest.backtested(session, PARTITIONS, asked)
    assert found.members == 2
    assert [one for one in found.rules if one.now != one.candidate] == []
    assert [one for one in found.grants if one.now != one.candidate] == []
    assert [one for one in found.refusals if one.now != one.candidate] == []
    assert [one for one in found.points if one.now != one.candidate] == []


class TestABudget:
    @pytest.fixture
    def banks(self, tmp_path: Path) -> Path:
        return corner_bank(tmp_path, PROGRAM.replace("points: 100000", "points: 300"))

    async def test_what_an_erased_member_took_of_a_budget_is_still_gone_for_the_others(self, desk: Desk) -> None:
        """Of 300 points the first takes 120, who is erased 150, and the last the 30 that are left, not 120."""
        first, gone, last = [m for m in (f"m-{n}" for n in range(100)) if partition_of(f"corner/{m}".encode()) == 1][:3]
        bought = [(first, 12_000), (gone, 15_000), (last, 12_000)]
        await desk.handle(joins(gone), *(sent(purchase(f"buy-{m}", m, NOON, minor=minor)) for m, minor in bought))
        points = await desk.rows("select points::int from posting where rule_id = 'purchase' order by member_id")
        assert sorted(row["points"] for row in points) == [30, 120, 150]
        await desk.handle(erased(gone, 5))
        found = await proved(desk)
        assert (found.divergence, found.erased) == (None, 1)


async def test_what_becomes_of_an_erased_members_row_is_still_found(desk: Desk) -> None:
    await lived(desk)
    await desk.handle(erased("m-2", 90 * 24 * 60))
    await desk.owner.execute("set session_replication_role = replica")
    await desk.owner.execute("update posting set basis = basis + 1 where member_id = 'm-2' and rule_id = 'purchase'")
    assert "sealed with" in str((await proved(desk)).divergence)


async def test_a_key_that_went_without_an_erasure_is_found(desk: Desk) -> None:
    await desk.handle(joins("m-1"), joins("m-2"))
    await desk.owner.execute("delete from member_key where member_id = 'm-2'")
    divergence = (await proved(desk)).divergence
    assert divergence is not None
    assert (divergence.table, divergence.member) == ("member_key", "corner/m-2")


async def test_what_an_erased_member_tells_again_is_a_repeat_and_is_not_kept(desk: Desk) -> None:
    await desk.handle(joins("m-1"), sent(purchase("buy", "m-1", NOON)))
    await desk.handle(erased("m-1", 5))
    done = await desk.handle(joins("m-1"), sent(purchase("buy", "m-1", NOON)))
    assert (done.events, done.dead_letters) == (0, {})
    assert await where(desk) == []
    assert await desk.value("select count(*) from member_key") == 0
    assert (await proved(desk)).divergence is None


@pytest.mark.parametrize("together", [True, False])
async def test_who_comes_back_has_a_new_key_and_what_was_before_stays_closed(desk: Desk, together: bool) -> None:
    story = [joins("m-1"), erased("m-1", 5), joins("m-1", 9, segments=["new"], branch="b-new", region="new")]
    for batch in [story] if together else [[one] for one in story]:
        await desk.handle(*batch)
    assert await where(desk) == []
    assert await desk.value("select state from member") != "{}"
    assert await desk.value("select count(*) from member_key") == 1
    found = await proved(desk)
    assert (found.divergence, found.erased) == (None, 1)


async def test_what_could_not_be_used_leaves_the_journal_its_place_alone(desk: Desk) -> None:
    """A profile that was refused lies with the dead letters until its member is erased, and no other's goes with it."""
    bad = [told("member.enrolled", m, 0, segments=[CANARY], phone="none") for m in ("m-1", "m-10")]
    other = told("member.enrolled", "m-1", 1, segments=[CANARY], phone="none")._replace(key=b"corner/m-77")
    conflict = joins("m-2", 3, branch="b-other")
    done = await desk.handle(joins("m-2", 3), *bad, other, conflict)
    assert done.dead_letters == {"unknown-field": 3, "conflict": 1}
    assert await where(desk) == ["dead_letter", "member", "outbox"]
    await desk.handle(erased("m-1", 8), erased("m-2", 8))
    await forgotten(desk)
    letters = await desk.rows('select key, value is null as cleared from dead_letter order by key, "offset"')
    assert [(row["key"].decode(), row["cleared"]) for row in letters] == [
        ("corner/m-1", True), ("corner/m-10", False), ("corner/m-2", True), ("corner/m-77", True),
    ]  # fmt: skip
    await desk.handle(erased("m-10", 8))
    await forgotten(desk)
    await desk.owner.execute("update outbox set published_at = now(), recorded_at = now() - interval '1 hour'")
    await Outbox(desk.handler.ledger.pool, str).prune(days=0, dead_letter_days=400)
    assert await where(desk) == []


async def test_a_profile_that_follows_a_merge_is_sealed_too(desk: Desk) -> None:
    merged = told("member.merged", "m-1", 3, into="m-2")
    await desk.handle(joins("m-1", region="x", branch="b-1", segments=[]), joins("m-2", region="x", branch="b-1"))
    await desk.handle(merged)
    await desk.handle(*await desk.markers())
    await desk.handle(told("member.updated", "m-1", 9, region=CANARY))
    await desk.handle(*await desk.markers())
    assert "journal" not in await where(desk)
    assert (await proved(desk)).divergence is None


async def test_a_fingerprint_of_a_profile_cannot_be_guessed_from(desk: Desk) -> None:
    """The event is one whose fingerprint anybody works out; what is remembered is another, and repeats are known."""
    event = joins("m-1")
    plain = decode(event.value, ()).fingerprint
    await desk.handle(event)
    assert await desk.value("select fingerprint from seen") != plain.hex()
    assert plain not in (await canaries.kept(desk.owner))["journal"]
    assert (await desk.handle(event)).dead_letters == {}


async def test_events_from_before_fingerprints_had_a_key_are_known_as_repeats(desk: Desk) -> None:
    event = joins("m-1")
    await desk.handle(event)
    await desk.owner.execute("set session_replication_role = replica")
    await desk.owner.execute("update seen set fingerprint = $1", decode(event.value, ()).fingerprint.hex())
    assert (await desk.handle(event)).dead_letters == {}


async def test_why_is_told_until_the_member_is_erased(desk: Desk) -> None:
    await desk.handle(joins("m-1"), sent(purchase("buy", "m-1", NOON)))
    settings, registries = load(partitions=PARTITIONS), desk.handler.ledger.registries

    async def told_of() -> Any:
        async with desk.handler.ledger.pool.acquire() as session, session.transaction():
            return await traced(session, await registries.read(), settings, ("corner", "m-1"), "buy")

    assert (await told_of()).intake.event.id == "buy"
    await desk.handle(erased("m-1", 5))
    with pytest.raises(WasErased, match="corner/m-1 was erased"):
        await told_of()


async def test_the_master_key_is_exchanged_while_everything_stays_readable(desk: Desk) -> None:
    await desk.handle(joins("m-1"), joins("m-2"))
    pool = desk.handler.ledger.pool
    new = "the master key of next year, long enough"
    both = Masters(new, ["of the tests alone, and of nobody's profile"])
    with pytest.raises(SettingsError, match="POINTS_PROFILE_KEY_BEFORE"):
        await rewrapped(pool, Masters(new))
    assert await rewrapped(pool, both) == 3
    assert await rewrapped(pool, both) == 0
    assert (await proved(desk, Masters(new))).divergence is None
    with pytest.raises(SettingsError, match="POINTS_PROFILE_KEY"):
        await proved(desk)


async def test_without_a_master_key_no_profile_is_taken_and_no_worker_starts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = desk.handler.ledger.pool
    desk.handler.ledger = Ledger(pool, Registries(pool), None)
    done = await desk.handle(sent(purchase("buy", "m-1", NOON)))
    assert done.events == 1
    with pytest.raises(SettingsError, match="POINTS_PROFILE_KEY: not given"):
        await desk.handle(joins("m-1"))
    assert await desk.value("select count(*) from journal") == 1
    monkeypatch.delenv("POINTS_PROFILE_KEY")
    with pytest.raises(SettingsError, match="POINTS_PROFILE_KEY: not given"):
        run_worker(load(), relay=False, leave=False)
