"""A history in memory: in its order, each event once, and nothing lost without a word."""

import json
from typing import Any

from rules.language.load import load
from rules.program import Programs
from rules.simulate import simulate

PROGRAM = """\
program: simulated
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points: {reward: {spendable: true, expires: {after_months: 12, at: month-end}}}
metrics: {bills: {count: bill.paid, over: calendar-month}}
budgets: {campaign: {points: 150}}
earn: [{id: bill, on: bill.paid, award: {rate: 1 per 1.00, to: reward}, budget: campaign}]
tiers: {ladder: [{id: basic}, {id: gold, any: [{bills: 2}]}]}
benefits: {wash: {network: car, units: {gold: 2}, per: calendar-year}}
"""


def line(id_: str, kind: str = "bill.paid", **more: Any) -> bytes:
    fields: dict[str, Any] = {
        "account": "a1",
        "amount_minor": 10_000,
        "currency": "CNY",
        "biller": "b1",
        "kind": "water",
    }
    event = {"specversion": "1.0", "id": id_, "source": "/s", "type": f"{kind}.v1", "subject": "m-1"}
    time = {"time": more.pop("time", "2026-03-31T23:30:00+08:00")}
    return json.dumps({**event, **time, "data": more.pop("told", {**fields, **more})}).encode()


def rows(*lines: bytes) -> list[dict[str, Any]]:
    return list(simulate(lines, Programs([load(PROGRAM), load(PROGRAM.replace("2026-01-01", "2026-07-01"))])))


def test_what_events_come_to_in_their_order() -> None:
    enrolled = line("e-0", "member.enrolled", told={})
    basic, first, second, gold, grant, member = rows(enrolled, line("e-1"), line("e-2"))
    assert basic == {"kind": "tier", "member_id": "m-1", "from": None, "to": "basic", "reason": "first-seen"}
    assert first == {
        "kind": "posting", "member_id": "m-1", "event_id": "e-1", "rule_id": "bill", "point_type": "reward",
        "points": 100, "desired_points": 100, "capped_by": None, "business_date": "2026-03-31",
        "occurred_at": "2026-03-31T23:30:00+08:00", "expires_on": "2027-04-01",
    }  # fmt: skip
    assert second == {**first, "event_id": "e-2", "points": 50, "capped_by": "budget:campaign"}
    assert gold == {"kind": "tier", "member_id": "m-1", "from": "basic", "to": "gold", "reason": "earned"}
    assert grant == {
        "kind": "grant", "member_id": "m-1", "benefit_id": "wash", "units": 2, "network": "car",
        "valid_from": "2026-03-31", "valid_until": "2027-01-01",
    }  # fmt: skip
    assert member == {
        "kind": "member", "member_id": "m-1", "status": "enrolled", "balances": {"reward": 150}, "tier": "gold",
        "score": 0, "metrics": {"years-with-bank": 0, "bills": 2},
    }  # fmt: skip


def test_a_repeat_is_nothing_and_other_content_under_the_same_id_is_a_conflict() -> None:
    once = rows(line("e-1"))
    assert rows(line("e-1"), line("e-1")) == once
    (*same, conflict, member) = rows(line("e-1"), line("e-1", amount_minor=1))
    assert [*same, member] == once
    assert (conflict["kind"], conflict["event_id"], conflict["reason"]) == ("refused", "e-1", "conflict")


def test_a_line_that_cannot_be_used_is_refused_with_its_number() -> None:
    found = rows(
        b"{", line("e-1", amount_minor=-5), line("e-2", time="2025-12-31T12:00:00Z"), line("e-3", currency="EUR")
    )
    assert [(r["event_id"], r["reason"]) for r in found] == [
        (None, "bad-json"),
        ("e-1", "wrong-value"),
        ("e-2", "no-program"),
        ("e-3", "currency-without-rate"),
    ]
    assert [r["detail"].split(":")[0] for r in found[:3]] == ["line 1", "line 2", "line 3"]


def test_a_refund_that_nothing_came_for_is_named_when_it_is_given_up() -> None:
    """It came on 1 March; ninety days later is 30 May."""
    told = {"amount_minor": 500, "currency": "CNY", "original_source": "/s", "original_id": "p-none"}
    told |= {"original_business_date": "2026-02-20"}
    lost = line("r-1", "transaction.reversed", told=told, time="2026-03-01T12:00:00+08:00")
    day = {"business_date": "2026-05-30", "through": "2026-05-30"}
    found = rows(lost, line("c-1", "business-day.closed", told=day, time="2026-05-30T23:59:00+08:00"))
    assert [(r["event_id"], r["reason"]) for r in found if r["kind"] == "refused"] == [("r-1", "unmatched-original")]


def test_an_event_a_second_before_the_first_version_begins_in_its_zone_has_no_program() -> None:
    assert rows(line("e-1", time="2025-12-31T15:59:59Z"))[0]["reason"] == "no-program"
    assert rows(line("e-1", time="2025-12-31T16:00:00Z"))[-1]["kind"] == "member"


def test_a_day_closes_once() -> None:
    told = {"business_date": "2026-03-31", "through": "2026-03-31"}
    (refused,) = rows(line("e-1", "business-day.closed", told=told), line("e-2", "business-day.closed", told=told))
    assert (refused["event_id"], refused["kind"], refused["reason"]) == ("e-2", "refused", "day-already-closed")
