"""A bank's history through a candidate: what rules would have given, who gains and loses, which tiers would move."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from engine import candidates
from engine.cli import app
from engine.evidence.backtest import Asked, BacktestRefused, backtested
from rules.language.load import load
from schemas.api.programs import Backtest
from tests.chaos.house import PARTITIONS
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.conftest import MASTERS
from tests.engine.evidence import story
from tests.engine.store.conftest import Desk, desk, migrated, owner
from tests.engine.store.test_versions import spent

PROGRAM = """
program: corner-bank
semantics: 1
version: 2026-01-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true, expires: {after_months: 12, at: month-end}}}
metrics: {grown: {points: reward, over: calendar-year}, spend: {sum: card.purchased.amount, over: calendar-month}}
earn:
  - {id: purchase, on: card.purchased, award: {rate: 1 per full 1.00, to: reward}, cap: {member-month: 300}}
  - {id: salary, on: payroll.credited, award: {rate: 1 per 100.00, to: reward}}
tiers:
  ladder: [{id: plain}, {id: silver, any: [{grown: 400}]}]
benefits:
  lounge: {network: air, units: {silver: 6}, per: calendar-year}
"""
SINCE = date(2026, 2, 1)


@pytest.fixture
def banks(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    file = story.registered(tmp_path)
    (tmp_path / "program.yaml").write_text(getattr(request, "param", PROGRAM))
    return file


def changed(*changes: tuple[str, str]) -> str:
    """A candidate: the program from 2027 on, with each change made in its one place."""
    text = PROGRAM.replace("version: 2026-01-01", "version: 2027-01-01")
    for was, becomes in changes:
        assert text.count(was) == 1
        text = text.replace(was, becomes)
    return text


TWICE = ("1 per full 1.00", "2 per full 1.00")


def about(type_: str, id_: str, member: str, day: str, **said: Any) -> Sent:
    return sent(event(f"{type_}.v1", id_, member, story.NOON.replace(month=2, day=int(day)), said))


def bought(id_: str, member: str, month: int, day: int, yuan: int) -> Sent:
    return sent(purchase(id_, member, story.NOON.replace(month=month, day=day), minor=yuan * 100))


async def heard(desk: Desk, one: Sent) -> None:
    """With what the engine says to other members because of it."""
    await desk.handle(one)
    while told := await desk.markers():
        await desk.handle(*told)


async def run(desk: Desk, candidate: str, since: date = SINCE, memory: int = 20_000) -> Backtest:
    async with desk.handler.ledger.pool.acquire() as session, session.transaction(isolation="repeatable_read"):
        return await backtested(session, PARTITIONS, Asked("corner", load(candidate), since, memory, MASTERS))


async def lived(desk: Desk) -> None:
    """m-1 spends 50 in January, then 120 and 250; m-2 spends 30 and asks for 40 points; m-3 is paid 900."""
    await desk.handle(*(about("member.enrolled", f"e-{m}", m, "1") for m in ("m-1", "m-2", "m-3")))
    await desk.handle(bought("a", "m-1", 1, 10, 50))
    await desk.close("2026-01-31")
    await desk.handle(bought("b", "m-1", 2, 5, 120), bought("d", "m-2", 2, 7, 30))
    wanted = {"merchant": "shop-1", "network": "food", "merchant_ref": "r-1", "points": 40}
    await desk.handle(about("redemption.requested", "r-1", "m-2", "8", **wanted))
    paid = {"amount_minor": 90_000, "kind": "salary", "account": "acc-3", "currency": "CNY"}
    await desk.handle(about("payroll.credited", "s", "m-3", "9", **paid), bought("c", "m-1", 2, 20, 250))
    await desk.close("2026-02-28")


@pytest.mark.parametrize("memory", [1, 20_000])
async def test_a_candidate_that_doubles_one_rule_and_cuts_another(desk: Desk, memory: int) -> None:
    """Twice as much a yuan, 500 a month at most, and a third of the points for salaries.

    m-1 in February: now 120 and 180 of 250, since 300 a month are given (70 cut); then 240 and 260 of 500 (240 cut).
    With January's 50 that is 350 now and 550 then: 400 make silver, which brings 6 units in the lounge.
    m-2: 30 now, too few for the 40 asked for; then 60, of which 20 are left. m-3: 9 now, 3 then.
    """
    await lived(desk)
    candidate = changed(TWICE, ("member-month: 300", "member-month: 500"), ("1 per 100.00", "1 per 300.00"))
    found = (await run(desk, candidate, memory=memory)).model_dump(mode="json", exclude_none=True)
    assert (found["since"], found["through"], found["closed_days"]) == ("2026-02-01", "2026-02-28", 28)
    assert {(r["rule"], *r["now"].values(), *r["candidate"].values()) for r in found["rules"]} == {
        ("purchase", 3, 330, 70, 3, 560, 240), ("salary", 1, 9, 0, 1, 3, 0), ("redemption", 0, 0, 0, 1, -40, 0),
    }  # fmt: skip
    assert found["points"] == [
        {"point_type": "reward", "now": 389, "candidate": 573, "gaining_members": 1, "gained": 200,
         "losing_members": 2, "lost": 16}
    ]  # fmt: skip
    assert found["tiers"] == [
        {"now": "plain", "candidate": "plain", "members": 2}, {"now": "plain", "candidate": "silver", "members": 1}
    ]  # fmt: skip
    assert found["grants"] == [
        {"network": "air", "benefit": "lounge", "now": {"grants": 0, "units": 0},
         "candidate": {"grants": 1, "units": 6}}
    ]  # fmt: skip
    assert found["refusals"] == [{"reason": "not-enough-points", "now": 1, "candidate": 0}]
    assert [(m["member_id"], m["now"], m["candidate"]) for m in found["most_gained"]] == [("m-1", 350, 550)]
    assert [(m["member_id"], m["now"], m["candidate"]) for m in found["most_lost"]] == [("m-2", 30, 20), ("m-3", 9, 3)]
    assert await desk.value("select count(*) from posting where rule_id = 'redemption'") == 0


def alike(found: Backtest) -> None:
    """Nothing would have been otherwise."""
    assert all(rule.now == rule.candidate for rule in found.rules)
    assert all(points.now == points.candidate and not points.gained for points in found.points)
    assert all(tier.now == tier.candidate for tier in found.tiers)
    assert all(grant.now == grant.candidate for grant in found.grants)
    assert all(refused.now == refused.candidate for refused in found.refusals)
    assert found.most_gained == found.most_lost == ()


@pytest.mark.parametrize("banks", [story.PROGRAM], indirect=True)
@pytest.mark.parametrize("since", [date(2026, 1, 1), date(2026, 1, 15), date(2026, 2, 10)])
async def test_the_programs_own_text_comes_to_what_is_recorded(desk: Desk, since: date) -> None:
    """Of every kind of row there is, by a version that says the same from another day on."""
    await story.lived(desk)
    found = await run(desk, story.PROGRAM.replace("2026-01-01", "2027-01-01"), since)
    alike(found)
    assert found.members == 3
    assert {rule.rule for rule in found.rules} >= ({"purchase", "salary"} if since.month == 1 else {"expiry"})


async def test_who_was_not_due_then_is_due_by_the_candidate(desk: Desk) -> None:
    """A rule for each month's spending, 1 point for each full 10 yuan: 370 make 37 for m-1, and 30 make 3 for m-2."""
    await lived(desk)
    rule = "{id: month, every: calendar-month, award: {rate: 1 per full 10.00, of: spend, to: reward}}"
    await desk.close("2026-03-02")
    found = await run(desk, changed(("\ntiers:", f"\n  - {rule}\ntiers:")))
    [month] = [one for one in found.rules if one.rule == "month"]
    assert (month.now.points, month.candidate.postings, month.candidate.points) == (0, 2, 40)
    assert [(m.member_id, m.candidate - m.now) for m in found.most_gained] == [("m-1", 37), ("m-2", 3)]


async def test_a_merge_carries_what_the_candidate_gave(desk: Desk) -> None:
    """m-1 has 100 points, twice as many by the candidate, and merges into m-2, whose 30 are 60: 130 and 260."""
    await desk.handle(*(about("member.enrolled", f"e-{m}", m, "1") for m in ("m-1", "m-2")))
    await desk.handle(bought("a", "m-1", 2, 5, 100), bought("b", "m-2", 2, 6, 30))
    await heard(desk, about("member.merged", "merge", "m-1", "7", into="m-2"))
    await desk.close("2026-02-28")
    assert await desk.value("select available[1] from member where member_id = 'm-2'") == 130
    found = await run(desk, changed(TWICE))
    assert [(m.member_id, m.now, m.candidate) for m in found.most_gained] == [("m-2", 130, 260)]
    assert [(p.now, p.candidate) for p in found.points] == [(130, 260)]


async def test_a_day_long_ago_makes_no_closed_days(desk: Desk) -> None:
    """The program begins on 1 January 2026 and the bank closed 31 January first: 1 day then, 28 in February.

    A report is kept that begins in 1990, as it could be when nobody looked: it counts no more for that.
    """
    await lived(desk)
    found = await run(desk, changed(TWICE), date(1990, 1, 1))
    assert (found.since, found.through, found.closed_days) == (date(2026, 1, 1), date(2026, 2, 28), 29)
    assert [(r.rule, r.now.points) for r in found.rules if r.rule == "purchase"] == [("purchase", 380)]
    candidate = candidates.checked(changed(TWICE), "new")
    await candidates.keep(desk.owner, "corner", candidate, "li-wei")
    for kept in (found, found.model_copy(update={"since": date(1990, 1, 1)})):
        assert await candidates.keep_backtest(desk.owner, "corner", kept)
        row = await candidates.find(desk.owner, "corner", candidate.program.program_hash)
        assert row["closed_days"] == 29


async def test_what_an_erased_member_told_others_is_as_it_was(desk: Desk) -> None:
    """m-1 brings m-2, who has 30, its 100 and 20 that are said of it then, and is erased: m-2 has 150 either way."""
    await desk.handle(*(about("member.enrolled", f"e-{m}", m, "1") for m in ("m-1", "m-2")))
    await desk.handle(bought("a", "m-1", 2, 5, 100), bought("b", "m-2", 2, 6, 30))
    await heard(desk, about("member.merged", "merge", "m-1", "7", into="m-2"))
    await heard(desk, bought("c", "m-1", 2, 8, 20))
    await desk.handle(about("member.erased", "gone", "m-1", "9", request="req-1"))
    await desk.close("2026-02-28")
    assert await desk.value("select available[1] from member where member_id = 'm-2'") == 150
    found = await run(desk, changed())
    alike(found)
    assert [(p.now, p.candidate) for p in found.points] == [(150, 150)]


async def test_what_others_told_is_told_anew_beside_what_an_erased_member_told(desk: Desk) -> None:
    """m-1 brings m-2, and m-3 brings m-4, 300 points of January and 150 of February: 400 make silver. m-1 is erased.

    A candidate that gives 1 point for 1,000 yuan changes nothing of what m-1 brought; m-3 brings no points and no tier.
    """
    pairs = (("m-1", "m-2"), ("m-3", "m-4"))
    await desk.handle(*(about("member.enrolled", f"e-{m}", m, "1") for pair in pairs for m in pair))
    for who, into in pairs:
        await desk.handle(bought(f"a-{who}", who, 1, 20, 300), bought(f"b-{who}", who, 2, 5, 150))
        await heard(desk, about("member.merged", f"merge-{who}", who, "7", into=into))
    await desk.handle(about("member.erased", "gone", "m-1", "9", request="req-1"))
    await desk.close("2026-02-28")
    found = await run(desk, changed(("1 per full 1.00", "1 per full 1000.00")), date(2026, 1, 1))
    assert [(p.now, p.candidate) for p in found.points] == [(900, 450)]
    assert {(t.now, t.candidate): t.members for t in found.tiers} == {
        (None, None): 1, ("silver", "silver"): 1, ("silver", "plain"): 1
    }  # fmt: skip


SPRING = ("cap: {member-month: 300}", "budget: spring")


@pytest.mark.parametrize("banks", [PROGRAM.replace(*SPRING) + "budgets: {spring: {points: 100}}\n"], indirect=True)
async def test_a_budget_has_the_size_of_the_newest_program_whichever_event_comes_last(desk: Desk) -> None:
    """Of 300 for a purchase in February 100 were left then; the candidate has 500 of them, January's 10 come last."""
    await desk.handle(bought("a", "m-1", 2, 5, 300), bought("b", "m-1", 1, 20, 10))
    await desk.close("2026-02-28")
    found = await run(desk, changed(SPRING) + "budgets: {spring: {points: 500}}\n")
    [purchase_] = [one for one in found.rules if one.rule == "purchase"]
    assert (purchase_.now.points, purchase_.candidate.points) == (100, 300)
    assert [(p.now, p.candidate) for p in found.points] == [(100, 310)]


async def test_what_cannot_be_run_says_what_would_do(desk: Desk) -> None:
    await desk.handle(spent("a", "2026-02-03", 10))
    with pytest.raises(BacktestRefused, match="no day since 2026-02-01 is closed at corner: none is closed yet"):
        await run(desk, changed())
    await desk.close("2026-02-05")
    with pytest.raises(BacktestRefused, match="the last that is closed is 2026-02-05; begin earlier"):
        await run(desk, changed(), date(2026, 2, 6))
    with pytest.raises(BacktestRefused, match="differ in name, time zone or currency"):
        await run(desk, changed().replace("corner-bank", "other"))


async def test_the_command_tells_it_as_tables_or_json(desk: Desk, migrated: str, tmp_path: Path) -> None:
    await lived(desk)
    (tmp_path / "new.yaml").write_text(changed(TWICE))
    asked = ["backtest", "corner", "--program", str(tmp_path / "new.yaml"), "--since", "2026-02-01"]
    told = {"POINTS_DATABASE_URL": migrated, "POINTS_PARTITIONS": str(PARTITIONS)}

    async def typed(*more: str) -> Result:
        return await asyncio.to_thread(lambda: CliRunner().invoke(app, [*asked, *more], env=told))

    as_json, drawn = await typed("--json"), await typed()
    assert json.loads(as_json.output) == (await run(desk, changed(TWICE))).model_dump(mode="json", exclude_none=True)
    for word in ("purchase", "plain", "m-2", "closed through 2026-02-28: 28 days"):
        assert word in drawn.output
    refused = await typed("--since", "2026-03-05")
    assert refused.exit_code == 1
    assert "begin earlier" in refused.output


__all__ = ["desk", "migrated", "owner"]
