"""Many rules are looked up, few are asked in turn; which of both is done changes no row. And keys of neighbours."""

from dataclasses import replace
from hashlib import blake2b
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rules.context import NO_CONTEXT
from rules.decide import decide
from rules.identity import event_key
from rules.language.load import load
from rules.member import Member
from rules.program import RulesOn
from schemas.events import MODELS

PROGRAM = load("""\
program: many
semantics: 1
version: 2025-01-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true}}
lists:
  food: {mcc: [5411, 5812]}
  dated: [{mcc: [5411]}, {from: 2026-06-01, mcc: [5999]}]
earn:
  - {id: all, on: card.purchased, award: {points: 1, to: reward}}
  - {id: exact, on: card.purchased, when: {amount: 10.00}, award: {points: 2, to: reward}}
  - {id: between, on: card.purchased, when: {amount: {above: 9.99, below: 20.00}}, award: {points: 3, to: reward}}
  - {id: upto, on: card.purchased, when: {amount: {at_most: 10.00}}, award: {points: 4, to: reward}}
  - {id: food, on: card.purchased, when: {mcc: {in: food}}, award: {points: 5, to: reward}}
  - {id: other, on: card.purchased, when: {mcc: {not_in: food}}, award: {points: 6, to: reward}}
  - {id: dated, on: card.purchased, when: {mcc: {in: dated}}, award: {points: 7, to: reward}}
  - {id: online, on: card.purchased, when: {channel: [online, phone]}, award: {points: 8, to: reward}}
  - {id: third, on: card.purchased, when: {mcc: 5411, nth: {every: 3}}, award: {points: 9, to: reward}}
  - {id: mondays, on: card.purchased, when: {mcc: 5411, weekday: [mon]}, award: {points: 10, to: reward}}
  - {id: from-june, on: card.purchased, when: {mcc: 5411}, from: 2026-06-01, award: {points: 11, to: reward}}
  - {id: large, on: card.purchased, when: {amount: {at_least: 20.00}, channel: pos}, multiply: {by: 3, points: reward}}
""")
IN_TURN = replace(PROGRAM, rules_on={on: RulesOn(*rules[:3]) for on, rules in PROGRAM.rules_on.items()})

purchases = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 998, 999, 1000, 1001, 1999, 2000, 2001, 99_999]),
        st.sampled_from(["5411", "5812", "5999", "7011"]),
        st.sampled_from(["pos", "online", "atm", "phone"]),
        st.sampled_from(["2026-05-31", "2026-06-01"]),
    ),
    min_size=1,
    max_size=12,
)


def _event(number: int, amount: int, mcc: str, channel: str, day: str) -> Any:
    data = {"card": "c1", "amount_minor": amount, "currency": "CNY", "mcc": mcc, "merchant": "m1", "channel": channel}
    told = {"id": f"e{number}", "source": "/s", "subject": "m1", "time": f"{day}T12:00:00Z", "data": data}
    return MODELS["card.purchased.v1"].model_validate({"specversion": "1.0", "type": "card.purchased.v1", **told})


@given(purchases)
def test_a_rule_that_is_looked_up_is_one_that_would_have_been_met(made: list[tuple[int, str, str, str]]) -> None:
    assert PROGRAM.rules_on["card.purchased.v1"].of is not None
    looked_up = in_turn = Member("bank", "m1")
    for number, one in enumerate(made):
        event, key = _event(number, *one), event_key("bank", "/s", f"e{number}")
        first = decide(event, key, looked_up, PROGRAM, NO_CONTEXT)
        second = decide(event, key, in_turn, IN_TURN, NO_CONTEXT)
        assert first == second
        looked_up, in_turn = first.member, second.member


def test_keys_of_neighbours_begin_alike_and_all_differ() -> None:
    """The first five bytes are of bank, source and the id without its last four characters; the others of it all."""
    keys = [event_key("bank", "/s", f"card-2026-{i:06}") for i in range(20_000)]
    assert {len(key) for key in keys} == {16}
    assert len(set(keys)) == 20_000
    assert len({key[:5] for key in keys}) == 2
    assert keys[0][:5] == blake2b(b"bank\0/s\0card-2026-00", digest_size=5).digest()
    assert keys[7][5:] == blake2b(b"bank\0/s\0card-2026-000007", digest_size=11).digest()
    assert len({event_key("bank", "/s", "e"), event_key("bank", "/t", "e"), event_key("kbank", "/s", "e")}) == 3
