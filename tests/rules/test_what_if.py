"""What would be is what then is, and asking changes nothing."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.context import NO_CONTEXT, Context
from rules.decide import decide
from rules.explain.posting import explained
from rules.language.load import load
from rules.member import Member
from rules.points.expiry import expiring
from rules.points.lots import Lot
from rules.program import Programs
from rules.what_if import KEY, Outcome, what_if
from schemas.events import MODELS
from tests.rules.test_properties import PROGRAM as OTHER
from tests.rules.test_properties import event_of, histories, through

COUNTY = Path(__file__).parents[2] / "rules" / "programs" / "county-bank.yaml"
PROGRAM = Programs([load(COUNTY.read_text())]).versions[0]
AT = datetime(2026, 3, 5, 4, tzinfo=UTC)


def member(**known: Any) -> Member:
    return Member("anping", "m-1", 1, "enrolled", tier="basic", enrolled_on=date(2026, 1, 1), lots={}, **known)


def asked(kind: str, until: date | None, **told: Any) -> Outcome:
    event = MODELS[f"{kind}.v1"].model_validate(
        {
            "id": "what-if",
            "source": "/channel",
            "subject": "m-1",
            "occurred_at": AT,
            "data": {"currency": "CNY", **told},
        }
    )
    return what_if(event, member(), PROGRAM, NO_CONTEXT, until)  # type: ignore[arg-type]


def test_fifty_thousand_in_a_deposit_of_twelve_months() -> None:
    """50 whole thousands × 10 × 2 for twelve months = 1,000, of both types; deposit points need card spending too."""
    found = asked(
        "term-deposit.opened", date(2026, 4, 1), account="td-1", product="term-12m", amount_minor=5_000_000,
        balance_minor=5_000_000, tenor_months=12, new_money=True, renewal=False,
    )  # fmt: skip
    assert [(p.point_type, p.points) for p in found.postings] == [("reward", 1000), ("qualifying", 1000)]
    assert explained(found.postings[0], PROGRAM, "zh").text == (
        "新增定期存款：满1,000.00元共50档，每档10 × 2 = 1,000积分。有效期至2028-03-31。仅限兑换服务，不可兑换实物。"
    )
    assert (found.refusal, found.later, found.tier, found.tier_otherwise) == (None, (), "basic", "basic")


def test_a_large_balance_lifts_the_tier_when_its_quarter_has_closed() -> None:
    """200,000 from 5 March are 27 of 90 days, 60,000 on average: core (50,000), by the close of March."""
    balance: dict[str, Any] = {"account": "a-1", "product": "demand", "balance_minor": 20_000_000}
    assert asked("deposit.balance-changed", None, **balance).tier == "basic"
    found = asked("deposit.balance-changed", date(2026, 4, 1), **balance)
    assert (found.tier_otherwise, found.tier) == ("basic", "core")


def test_a_purchase_opens_the_gate_of_what_a_deposit_earns() -> None:
    """31,000 on 17 of 31 days average 17,000, 10 a thousand = 170, for those who spend 200 in the month."""
    kept = MODELS["deposit.balance-changed.v1"].model_validate({
        "id": "e-1", "source": "/s", "subject": "m-1", "occurred_at": datetime(2026, 3, 15, 4, tzinfo=UTC),
        "data": {"account": "a-1", "product": "demand", "balance_minor": 3_100_000, "currency": "CNY"},
    })  # fmt: skip
    saver = decide(kept, b"k" * 16, member(), PROGRAM, NO_CONTEXT).member
    bought = MODELS["card.purchased.v1"].model_validate({
        "id": "w-1", "source": "/s", "subject": "m-1", "occurred_at": datetime(2026, 3, 20, 4, tzinfo=UTC),
        "data": {"card": "c-1", "mcc": "5411", "merchant": "s-1", "channel": "pos", "amount_minor": 20_000,
                 "currency": "CNY"},
    })  # fmt: skip
    found = what_if(bought, saver, PROGRAM, NO_CONTEXT, date(2026, 4, 1))  # type: ignore[arg-type]
    assert [(p.point_type, p.points) for p in found.postings] == [("reward", 200), ("qualifying", 200)]
    assert [(one.posting.rule_id, one.more) for one in found.later] == [("deposit-points", 170)]


@given(histories, st.integers(0, 300_000))
@settings(deadline=None)
def test_what_would_be_is_what_then_is(history: list[Any], amount: int) -> None:
    steps = through(history)
    before = steps[-1][2].member if steps else Member("bank", "m-1", lots={}, origins={})
    told = {"account": "a1", "amount_minor": amount, "biller": "b1", "kind": "water", "currency": "CNY"}
    event = event_of("bill.paid.v1", told, 130 * 24 * 60, 99)
    context, unchanged = Context({"campaign": 500}), deepcopy(before)
    outcome = what_if(event, before, OTHER, context, date(2026, 12, 31))  # type: ignore[arg-type]
    assert before == unchanged
    decision = decide(event, KEY, before, OTHER, context)
    assert outcome.postings == tuple(decision.postings)
    assert outcome.refusal == decision.refusal


def test_what_expires_is_told_by_month() -> None:
    """First days not valid 2026-05-01 and 2026-04-11 lie in April; 2026-05-02 in May; what waits in no month."""
    saver = member()
    for number, (points, ends, waits) in enumerate([
        (5, date(2026, 5, 1), None), (7, date(2026, 4, 11), None), (3, date(2026, 5, 2), None),
        (9, date(2026, 5, 3), date(2026, 4, 1)), (1, None, None),
    ]):  # fmt: skip
        lot = Lot(bytes([number]) * 16, b"e" * 16, "task", "reward", points, points, AT, ends, None, waits)
        saver.open_lots()[lot.lot_id] = lot
    assert [tuple(one) for one in expiring(saver, PROGRAM)] == [
        ("reward", "2026-04", 12, date(2026, 4, 11)),
        ("reward", "2026-05", 3, date(2026, 5, 2)),
    ]


def test_a_year_of_closes_is_decided_for_one_question() -> None:
    until = (AT + timedelta(days=365)).date()
    found = asked("deposit.balance-changed", until, account="a-1", product="demand", balance_minor=20_000_000)
    assert found.tier == "vip"
