"""Two members are one person: every point arrives with its expiry, nothing counts twice, later events follow."""

import json
from datetime import date, timedelta
from typing import Any

from rules.decision import begun
from rules.language.load import load
from rules.member import Member
from rules.members.forwarding import ask
from rules.members.kin import Kin
from rules.members.merging import _in_parts
from rules.program import Programs
from rules.simulate import simulate
from schemas.decode import decode
from schemas.events import EventForwarded

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
    assert moved(found)[2:4] == [("m-a", "spend", -95), ("m-b", "spend", 95)]
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
    merged_before = rows(merged("2026-01-11"), forged)
    assert [r["reason"] for r in merged_before if r["kind"] == "refused"] == ["merge-not-possible"]


def test_merges_in_a_circle_are_told_and_lose_no_point() -> None:
    """5 and 3 points go round and stay with one of the two; what is said later is refused until one is un-merged."""
    both = purchase("2026-01-10", 5), purchase("2026-01-10", 3, "m-b")
    found = rows(*both, merged("2026-01-11"), merged("2026-01-12", "m-b", "m-a"), purchase("2026-01-13", 7))
    refused = [(r["reason"], r["detail"]) for r in found if r["kind"] == "refused"]
    assert refused == [("merge-not-possible", "merges from m-a go in a circle; un-merge one of them")]
    assert sum(r["balances"]["reward"] for r in found if r["kind"] == "member") == 8


def test_a_survivor_that_has_left_keeps_the_points_until_it_comes_again() -> None:
    found = rows(
        purchase("2026-01-10", 5), purchase("2026-01-10", 3, "m-b"),
        event("member.closed", "2026-01-11", "m-b", cause="left"), merged("2026-01-12"),
    )  # fmt: skip
    assert {r["member_id"]: (r["status"], r["balances"]) for r in found if r["kind"] == "member"} == {
        "m-a": ("merged", {"reward": 0}),
        "m-b": ("closed", {"reward": 5}),
    }


def test_what_a_member_had_counts_at_the_survivor_alone() -> None:
    """Un-merged, the member begins anew with the 95 points that it had; tier and metrics stay where they went."""
    undone = event("member.unmerged", "2026-01-20", cause="mistake")
    found = rows(
        purchase("2026-01-10", 95), merged("2026-01-11"), undone, purchase("2026-01-21", 1), close("2026-02-28")
    )
    standing = {r["member_id"]: r for r in found if r["kind"] == "member"}
    assert (standing["m-a"]["tier"], standing["m-a"]["metrics"]["spend"]) == ("basic", 100)
    assert standing["m-a"]["balances"] == {"reward": 96}
    assert (standing["m-b"]["tier"], standing["m-b"]["balances"]) == ("gold", {"reward": 0})


def test_a_rich_members_state_goes_in_several_messages_and_comes_to_the_same() -> None:
    """30 accounts of 100 days each do not fit one event; January's average is of all of them, on the survivor."""
    told = "metrics:\n  average: {average_daily_balance: {products: [demand]}, over: {days: 366}}\n"
    program = load(PROGRAM.replace("metrics:\n", told))
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(100)]
    lines = [
        event(
            "deposit.balance-changed", str(day), account=f"a-{n}", product="demand", balance_minor=100, currency="CNY"
        )
        for day in days
        for n in range(30)
    ]
    lines = [line.replace(b'"deposit.balance-changed-', f'"{n}-d'.encode(), 1) for n, line in enumerate(lines)]
    found = list(simulate([*lines, merged("2026-04-10")], Programs([program])))
    survivor = next(r for r in found if r["kind"] == "member" and r["member_id"] == "m-b")
    assert [r for r in found if r["kind"] == "refused"] == []
    assert survivor["metrics"]["average"] > 0


def test_a_member_does_not_merge_into_itself_and_is_not_un_merged_twice() -> None:
    found = rows(merged("2026-01-11", "m-a", "m-a"), event("member.unmerged", "2026-01-12", cause="mistake"))
    assert [r["reason"] for r in found if r["kind"] == "refused"] == ["merge-not-possible"] * 2


def test_un_merged_a_members_events_are_its_own_again() -> None:
    undone = event("member.unmerged", "2026-01-12", cause="mistake")
    found = rows(purchase("2026-01-10", 5), merged("2026-01-11"), undone, purchase("2026-01-13", 7))
    assert moved(found)[-1] == ("m-a", "spend", 7)


def test_what_is_sent_on_hangs_not_on_the_order_in_which_it_came_about() -> None:
    """The ledger gives a member's parts back in the order of their names, memory has them in that of events."""
    granted = {"cut": {"2025": 2, "2026": 1}, "wash": {"2026": 3}}
    turned = {"wash": {"2026": 3}, "cut": {"2026": 1, "2025": 2}}
    assert [*_in_parts({"granted": granted})] == [*_in_parts({"granted": turned})]


def test_who_merged_before_is_asked_by_the_order_of_names() -> None:
    """Of m-c, who came first, and m-a nobody knows the purchase: m-a is asked, then m-c."""
    bought_back = {"card": "c-1", "mcc": "5411", "merchant": "shop-1", "amount_minor": 100, "currency": "CNY"}
    bought_back |= {"original_source": "/s", "original_id": "x", "original_business_date": "2026-01-05"}
    refund = event("card.refunded", "2026-01-12", "m-b", **bought_back)
    decision = begun(Member("corner", "m-b", kin=Kin({"m-c": [], "m-a": []}, ())))
    ask(decode(refund, ())[0], b"k" * 16, decision, decision.member.kin.asked)
    [asked] = decision.sent
    assert isinstance(asked, EventForwarded)
    assert (asked.subject, asked.data.asked) == ("m-a", ("m-c",))


def test_of_more_than_twenty_who_merged_the_one_whose_lots_came_first_is_forgotten() -> None:
    """m-05 gave lots in version 3, all others later; the 21st brings none."""
    kin = Kin({f"m-{n:02}": [n + 100 if n != 5 else 3] for n in range(20)}, ()).with_absorbed("m-00x")
    assert set(kin.absorbed) == {f"m-{n:02}" for n in range(20) if n != 5} | {"m-00x"}
