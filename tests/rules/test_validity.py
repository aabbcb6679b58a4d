"""What expired is given again and what would expire is valid longer: by hand, exactly, and never twice."""

from typing import Any

import pytest

from rules.decision import Decision
from rules.explain.phrases import Language
from rules.explain.posting import explained
from tests.rules.books import MEMBER, Books

PROGRAM = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 1}}
adjustments:
  reasons: [hospital]
  approvals: [{up_to: 60, by: 1}, {up_to: 1000, by: 2}]
  reinstate: {within_days: 30, valid_days: 10}
  extend: {at_most_days: 20}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per 1.00, to: reward}}
  - {id: bill, on: bill.paid, award: {rate: 1 per 1.00, to: reward}, restrict: no-goods}
"""
BILL = {"account": "a-1", "currency": "CNY", "biller": "b", "kind": "gas"}


def by_hand(books: Books, what: str, at: str, points: int, **told: Any) -> Decision:
    hand = {"reason": "hospital", "requested_by": "op-1", "requested_at": f"{at}T09:00:00+08:00"}
    return books.says(
        f"points.{what}", at, **{"point_type": "reward", "points": points, "approved_by": ("op-2",), **hand, **told}
    )


def gone() -> Books:
    """100 points of 10 January, and 40 for no goods; 30 of the 100 are spent, and on 10 February all are past."""
    books = Books(PROGRAM)
    books.says("member.enrolled", "2026-01-01")
    books.buys("2026-01-10", 100, "p-1")
    books.says("bill.paid", "2026-01-10T13:00:00+08:00", amount_minor=4000, **BILL)
    books.says("redemption.requested", "2026-01-20", merchant="s", merchant_ref="r", network="n", points=30,
               purpose="goods")  # fmt: skip
    books.close("2026-02-09")
    return books


def standing(books: Books) -> list[tuple[str | None, str | None, int]]:
    lots = books.memory.lots("m-1").values()
    told = [(str(lot.expires_on) if lot.expires_on else None, lot.restriction, lot.left) for lot in lots]
    return sorted(told, key=str)


def refused(decision: Decision) -> tuple[str, str] | None:
    return decision.refusal and (decision.refusal.reason, decision.refusal.detail)


def test_what_expired_is_told_apart_by_what_it_could_buy() -> None:
    expired = [(p.points, p.restriction) for p in gone().postings.values() if p.kind == "expired"]
    assert sorted(expired) == [(-70, None), (-40, "no-goods")]


def test_points_come_again_with_their_restriction_and_a_new_day_and_no_more_than_expired() -> None:
    """Of 70 and 40 that expired: 60, then 50 with two checkers, and of one more none is left. Day 20 February + 10."""
    books = gone()
    assert by_hand(books, "reinstated", "2026-02-20", 60, expired_on="2026-02-10").refusal is None
    assert by_hand(books, "reinstated", "2026-02-20", 50, expired_on="2026-02-10").refusal is None
    assert sum(lot[2] for lot in standing(books)) == 110
    kept = [(expires, of, left) for expires, of, left in standing(books) if of == "no-goods"]
    assert kept == [("2026-03-02", "no-goods", 40)]
    assert {expires for expires, _, _ in standing(books)} == {"2026-03-02"}
    assert refused(by_hand(books, "reinstated", "2026-02-21", 1, expired_on="2026-02-10")) == (
        "not-enough-points", "0 of reward that expired on 2026-02-10 can be given again",
    )  # fmt: skip
    books.close("2026-03-01")
    assert (books.member.balances["reward"].available, standing(books)) == (0, [])
    assert by_hand(books, "reinstated", "2026-03-12", 60, expired_on="2026-03-02").refusal is None
    assert books.member.balances["reward"].available == 60


@pytest.mark.parametrize(
    ("at", "points", "told", "why"),
    [
        ("2026-03-13", 60, {}, "only what expired in the 30 days before is given again"),
        ("2026-02-20", 61, {}, "61 points need 2 checkers, 1 approved"),
        ("2026-02-20", 60, {"approved_by": ("op-1",)}, "whoever asks for an adjustment cannot approve it"),
        ("2026-02-20", 60, {"reason": "friend"}, "the reason friend is not one of hospital"),
        ("2026-02-20", 60, {"expired_on": "2026-02-11"}, "0 of reward that expired on 2026-02-11 can be given again"),
    ],
)
def test_a_reinstatement_that_may_not_be_says_why(at: str, points: int, told: dict[str, Any], why: str) -> None:
    decision = by_hand(gone(), "reinstated", at, points, **{"expired_on": "2026-02-10", **told})
    assert decision.refusal is not None
    assert decision.refusal.detail == why


def test_points_are_valid_longer_in_lots_that_belong_to_their_purchase() -> None:
    """80 of 100 points go on for 20 days; of the purchase 60.00 come back and take 60 of the 80 first by their day."""
    books = Books(PROGRAM)
    books.says("member.enrolled", "2026-01-01")
    books.buys("2026-01-10", 100, "p-1")
    two = ("op-2", "op-3")
    assert (
        by_hand(
            books, "extended", "2026-02-01", 80, expires_on="2026-02-10", until="2026-03-02", approved_by=two
        ).refusal
        is None
    )
    assert standing(books) == [("2026-02-10", None, 20), ("2026-03-02", None, 80)]
    books.gets_back("2026-02-02", 60, "p-1")
    assert sum(left for _, _, left in standing(books)) == 40
    books.gets_back("2026-02-02", 40, "p-1")
    assert (standing(books), books.member.balances["reward"].deficit) == ([], 0)
    assert [(p.points, p.kind) for p in books.postings.values() if p.kind == "reversed"] == [
        (-60, "reversed"), (-40, "reversed"),
    ]  # fmt: skip


def test_what_is_extended_expires_on_its_later_day_and_the_rest_on_its_own() -> None:
    books = Books(PROGRAM)
    books.says("member.enrolled", "2026-01-01")
    books.buys("2026-01-10", 50, "p-1")
    by_hand(books, "extended", "2026-02-09", 20, expires_on="2026-02-10", until="2026-02-15")
    books.close("2026-02-09")
    assert standing(books) == [("2026-02-15", None, 20)]
    books.close("2026-02-14")
    assert standing(books) == []


def test_what_is_extended_was_earned_when_it_was_and_is_taken_before_what_came_later() -> None:
    """10 of 1 January, valid until 21 February like the 20 of 21 January: of 15 spent, 10 are those."""
    books = Books(PROGRAM)
    books.says("member.enrolled", "2026-01-01")
    books.buys("2026-01-01", 10, "p-1")
    books.buys("2026-01-21", 20, "p-2")
    by_hand(books, "extended", "2026-01-22", 10, expires_on="2026-02-01", until="2026-02-21")
    books.says("redemption.requested", "2026-01-23", merchant="s", merchant_ref="r", network="n", points=15)
    left = {lot.earned_at.date().isoformat(): lot.left for lot in books.memory.lots(MEMBER).values()}
    assert left == {"2026-01-21": 15}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"until": "2026-03-03"}, "points may be valid 20 days longer at most"),
        ({"expires_on": "2026-02-11"}, "0 of reward are free and expire on 2026-02-11"),
        ({"points": 51}, "50 of reward are free and expire on 2026-02-10"),
    ],
)
def test_an_extension_that_may_not_be_says_why(told: dict[str, Any], why: str) -> None:
    books = Books(PROGRAM)
    books.says("member.enrolled", "2026-01-01")
    books.buys("2026-01-10", 50, "p-1")
    asked = {"points": 50, "expires_on": "2026-02-10", "until": "2026-02-15", **told}
    decision = by_hand(books, "extended", "2026-02-01", **asked)
    assert decision.refusal is not None
    assert decision.refusal.detail == why


def test_past_their_day_points_are_not_extended_even_before_a_close_says_so() -> None:
    books = Books(PROGRAM)
    books.says("member.enrolled", "2026-01-01")
    books.buys("2026-01-10", 50, "p-1")
    decision = by_hand(books, "extended", "2026-02-10", 50, expires_on="2026-02-10", until="2026-02-15")
    assert refused(decision) == ("not-enough-points", "0 of reward are free and expire on 2026-02-10")


def test_a_program_that_does_not_say_so_does_neither() -> None:
    plain = "".join(line for line in PROGRAM.splitlines(keepends=True) if "_days" not in line)
    books = Books(plain)
    books.buys("2026-01-10", 50, "p-1")
    again = by_hand(books, "reinstated", "2026-02-20", 1, expired_on="2026-02-10")
    longer = by_hand(books, "extended", "2026-02-01", 1, expires_on="2026-02-10", until="2026-02-11")
    assert [refused(one) for one in (again, longer)] == [
        ("adjustment-not-allowed", "the program reinstates nothing; it needs `reinstate`"),
        ("adjustment-not-allowed", "the program extends none; it needs `extend`"),
    ]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["60 reward that had expired are given again. Valid through 2026-03-01.",
                "60 reward are counted with others that are valid longer.",
                "60 reward are valid longer than before. Valid through 2026-03-10."]),
        ("zh", ["恢复已到期的60 reward。有效期至2026-03-01。", "60 reward转入有效期更长的一笔。",
                "60 reward有效期延长。有效期至2026-03-10。"]),
    ],
)  # fmt: skip
def test_both_are_told_in_both_languages(language: Language, told: list[str]) -> None:
    books = gone()
    postings = by_hand(books, "reinstated", "2026-02-20", 60, expired_on="2026-02-10").postings
    postings += by_hand(books, "extended", "2026-02-21", 60, expires_on="2026-03-02", until="2026-03-11").postings
    program = books.memory.programs.versions[0]
    assert [explained(p, program, language).text for p in postings] == told
