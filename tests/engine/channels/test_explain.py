"""`points explain`: the journal says why, rule by rule."""

import json
from typing import Any

import pytest

from engine.cli.explain import show, told
from engine.settings import load
from rules.explain.considered import considered
from rules.language.load import load as load_program
from rules.language.load import read
from schemas.events import MODELS
from tests.chaos.traffic import event, purchase, sent
from tests.engine.api.conftest import BANK, Street
from tests.rules.books import MEMBER, Books

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def asked(street: Street, wanted: str, language: Any = "en") -> dict[str, Any] | None:
    return await told(street.pool, load(**street.settings()), (BANK, "m-1"), wanted, language)


async def test_an_event_is_explained_rule_by_rule(street: Street) -> None:
    """480 yuan are 480 points; twelve months of 95,000 are 95 × 10 × 2 = 1,900, of which the month's cap leaves 900."""
    deposit = {"account": "td-1", "product": "term", "amount_minor": 9_500_000, "balance_minor": 9_500_000,
               "tenor_months": 12, "currency": "CNY", "new_money": True, "renewal": False}  # fmt: skip
    await street.desk.handle(
        sent(event("member.enrolled.v1", "j-1", "m-1", street.at, {})),
        sent(purchase("b-1", "m-1", street.at, minor=48_000)),
        sent(purchase("other", "m-2", street.at, minor=48_000)),
        sent(event("term-deposit.opened.v1", "d-1", "m-1", street.at, deposit)),
    )
    bought = await asked(street, "b-1", "zh")
    assert bought is not None
    assert [(one["rule"], one["text"]) for one in bought["rules"]] == [("spend", "给予480积分, 480成长值")]
    opened = await asked(street, "d-1")
    assert opened is not None
    (one,) = opened["postings"]
    assert (one["points"], one["explanation"].split(". ")[0]) == (
        900, "New deposit: 95 whole steps of 1,000.00 CNY at 10 each × 2 = 1,900 Points",
    )  # fmt: skip
    assert opened["program"]["hash"] == (await street.owner.fetchval("select encode(program_hash, 'hex') from "
                                         "program_version where bank = $1", BANK))  # fmt: skip
    seq = await street.owner.fetchval("select journal_seq from posting where rule_id = 'term'")
    assert (opened["journal"], opened["tier_before"]) == (seq, "basic")
    posting = await street.owner.fetchval("select posting_id::text from posting where rule_id = 'term'")
    assert await asked(street, posting) == opened
    assert json.loads(json.dumps(opened, default=str))["event"]["id"] == "d-1"
    assert await asked(street, "nothing-of-the-kind") is None


async def test_a_command_of_the_api_is_explained_too(street: Street, capsys: pytest.CaptureFixture[str]) -> None:
    client = await street.client("channel", "mobile-bank")
    asked_for = {"benefit": "ride", "units": 1}
    done = await client.post("/v1/members/m-1/purchases", json=asked_for, headers={"Idempotency-Key": "p-1"})
    assert done.status_code == 201, done.text
    posting = await street.owner.fetchval("select posting_id::text from posting where kind = 'redeemed'")
    found = await asked(street, posting)
    assert found is not None
    assert ([p["points"] for p in found["postings"]], found["grants"]) == ([-30], [{"benefit": "ride", "units": 1}])
    show(found)
    assert "benefit.purchase-requested.v1" in capsys.readouterr().out


PROGRAM = """\
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points: {reward: {spendable: true}}
groups: {either: {choose: best}}
earn:
  - id: spend
    on: card.purchased
    when: {amount: {at_least: 10.00}, mcc: [5411]}
    award: {rate: 1 per 1.00, to: reward}
  - {id: third, on: card.purchased, when: {nth: {is: 3, per: month}}, award: {points: 5, to: reward}}
  - {id: small, on: card.purchased, award: {rate: 1 per 1000.00, to: reward}}
  - {id: best, on: card.purchased, award: {points: 7, to: reward}, group: either}
  - {id: less, on: card.purchased, award: {points: 6, to: reward}, group: either}
  - {id: later, on: card.purchased, from: 2027-01-01, award: {points: 6, to: reward}}
  - id: channel
    on: card.purchased
    award: {rate: 1 per 1.00, times: {by: channel, table: {online: 2}}, to: reward}
"""


async def test_each_rule_says_why_it_gave_nothing() -> None:
    """A first purchase of 8.00 of meals at a till."""
    file, program = read(PROGRAM)[0], load_program(PROGRAM)
    books = Books(PROGRAM)
    books.says("member.enrolled", "2026-03-01")
    before = books.member
    books.buys("2026-03-02", 8.00, "e-x", mcc="5812")
    found = considered(_purchase(), before, program, file, books.decision)
    assert {one.rule_id: (one.outcome, one.asked) for one in found} == {
        "spend": ("not-met", ("amount: {at_least: 10}", "mcc: [5411]")),
        "third": ("not-its-turn", ("nth: 3 per month",)),
        "small": ("no-whole-point", ()),
        "best": ("gave", ()),
        "less": ("another-of-its-group", ("either",)),
        "later": ("not-met", ("from 2027-01-01 until None",)),
        "channel": ("worth-nothing", ()),
    }


def _purchase() -> Any:
    return MODELS["card.purchased.v1"].model_validate_json(json.dumps({
        "id": "e-x", "source": "/s", "subject": MEMBER, "time": "2026-03-02T12:00:00+08:00",
        "data": {"card": "c-1", "mcc": "5812", "merchant": "shop-1", "channel": "pos", "currency": "CNY",
                 "amount_minor": 800},
    }))  # fmt: skip
