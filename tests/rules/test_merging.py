"""Two members are one person: every point arrives with its expiry, nothing counts twice, later events follow."""

import json
from typing import Any

from rules.language.load import load
from rules.program import Programs
from rules.simulate import simulate

PROGRAM = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 2, at: month-end}, cap: {member-month: 100}}
metrics:
  spend: {sum: card.purchased.amount, over: calendar-month}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per 1.00, to: reward}}
tiers:
  ladder: [{id: basic}, {id: gold, any: [{spend: 90.00}]}]
"""


def event(kind: str, at: str, subject: str = "m-a", **told: Any) -> bytes:
    whole = {"specversion": "1.0", "id": f"{kind}-{at}-{subject}", "source": "/s", "type": f"{kind}.v1"}
    return json.dumps({**whole, "subject": subject, "time": f"{at}T12:00:00+08:00", "data": told}).encode()


def purchase(at: str, yuan: int, subject: str = "m-a") -> bytes:
    where = {"card": f"c-{subject}", "mcc": "5411", "merchant": "shop-1", "channel": "pos"}
    return event("card.purchased", at, subject, amount_minor=yuan * 100, currency="CNY", **where)


def merged(at: str, subject: str = "m-a", into: str = "m-b") -> bytes:
    return event("member.merged", at, subject, into=into)


def close(day: str) -> bytes:
    return event("business-day.closed", day, "calendar", business_date=day, through=day)


def rows(*lines: bytes) -> list[dict[str, Any]]:
    return list(simulate(lines, Programs([load(PROGRAM)])))


def moved(found: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(r["member_id"], r["rule_id"], r["points"]) for r in found if r["kind"] == "posting"]


def test_points_move_by_pairs_and_keep_the_day_on_which_they_expire() -> None:
    """95 of January go before 1 April, whoever has them; the survivor takes the higher tier."""
    found = rows(
        purchase("2026-01-10", 95), purchase("2026-01-11", 3, "m-b"), merged("2026-02-01"), close("2026-03-31")
    )
    assert moved(found)[2:4] == [("m-a", "merge", -95), ("m-b", "merge", 95)]
    assert moved(found)[4:] == [("m-b", "expiry", -98)]
    tiers = [(r["member_id"], r["to"], r["reason"]) for r in found if r["kind"] == "tier"]
    assert tiers[-1] == ("m-b", "gold", "merged")


def test_what_was_used_of_a_cap_was_used_by_one_person() -> None:
    """60 and 30 of the month's 100 are used; of 20 more the survivor is given 10."""
    found = rows(
        purchase("2026-01-10", 60),
        purchase("2026-01-11", 30, "m-b"),
        merged("2026-01-12"),
        purchase("2026-01-13", 20, "m-b"),
    )
    assert moved(found)[-1] == ("m-b", "spend", 10)
    assert next(r for r in found if r["kind"] == "member" and r["member_id"] == "m-b")["balances"] == {"reward": 100}


def test_a_later_event_counts_for_the_survivor_and_for_the_survivor_of_that_one() -> None:
    found = rows(
        purchase("2026-01-10", 5), merged("2026-01-11"), merged("2026-01-12", "m-b", "m-c"), purchase("2026-01-13", 7)
    )
    assert moved(found)[-1] == ("m-c", "spend", 7)
    balances = {r["member_id"]: r["balances"]["reward"] for r in found if r["kind"] == "member"}
    assert balances == {"m-a": 0, "m-b": 0, "m-c": 12}


def test_nobody_but_the_engine_forwards_and_what_it_forwards_can_be_read() -> None:
    whole = json.loads(purchase("2026-01-13", 7))
    told: dict[str, Any] = {"member": "m-z", "hops": 1, "event": json.dumps(whole)}
    forged = event("event.forwarded", "2026-01-14", **told)
    engines = {**json.loads(event("event.forwarded", "2026-01-15", **told)), "source": "urn:points-engine"}
    broken = {**engines, "id": "f-2", "data": {**told, "event": '{"type": "no.such.v1"}'}}
    found = rows(forged, json.dumps(broken).encode(), json.dumps(engines).encode())
    assert [r["reason"] for r in found if r["kind"] == "refused"] == ["merge-not-possible"] * 2
    assert moved(found) == [("m-a", "spend", 7)]


def test_merges_in_a_circle_are_told_and_end() -> None:
    found = rows(merged("2026-01-11"), merged("2026-01-12", "m-b", "m-a"), purchase("2026-01-13", 7))
    refused = [(r["reason"], r["detail"]) for r in found if r["kind"] == "refused"]
    assert refused[-1] == ("merge-not-possible", "merges from m-a go in a circle; un-merge one of them")


def test_a_member_does_not_merge_into_itself_and_is_not_un_merged_twice() -> None:
    found = rows(merged("2026-01-11", "m-a", "m-a"), event("member.unmerged", "2026-01-12", cause="mistake"))
    assert [r["reason"] for r in found if r["kind"] == "refused"] == ["merge-not-possible"] * 2


def test_un_merged_a_members_events_are_its_own_again() -> None:
    undone = event("member.unmerged", "2026-01-12", cause="mistake")
    found = rows(purchase("2026-01-10", 5), merged("2026-01-11"), undone, purchase("2026-01-13", 7))
    assert moved(found)[-1] == ("m-a", "spend", 7)
