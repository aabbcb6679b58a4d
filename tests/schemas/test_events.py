"""What the models take and refuse beyond the shapes that every event shares."""

from datetime import UTC, date, datetime
from typing import Any, get_args

import orjson
import pytest
from pydantic import ValidationError

from schemas.decode import UnusableEvent, decode
from schemas.event import Event
from schemas.events import MODELS, AnyEvent, CardPurchased
from schemas.events import __all__ as exported
from schemas.events.cards import CardPurchase
from schemas.money import EXPONENTS
from tests.schemas.samples import SAMPLES


def changed(kind: str, **fields: Any) -> bytes:
    """A sample with fields of its data changed, or left out where the change is `...`."""
    payload = {**SAMPLES[kind]["data"], **fields}
    return orjson.dumps({**SAMPLES[kind], "data": {name: said for name, said in payload.items() if said is not ...}})


def all_kinds_of(kind: type[Event]) -> set[type[Event]]:
    return {kind, *(deeper for below in kind.__subclasses__() for deeper in all_kinds_of(below))}


def test_the_union_the_table_the_samples_and_the_exports_hold_every_event() -> None:
    kinds = all_kinds_of(Event) - {Event}
    assert kinds == set(get_args(AnyEvent)) == set(MODELS.values())
    assert list(MODELS) == list(SAMPLES)
    assert {kind.__name__ for kind in kinds} <= set(exported)
    assert all(name.endswith(".v1") for name in MODELS)


def test_an_event_can_be_built_by_its_attributes_names() -> None:
    purchase = CardPurchase(
        card="tok-1", amount_minor=1, currency="CNY", mcc="5411", merchant="mer-1", channel="online"
    )
    event = CardPurchased(
        id="e-1",
        source="/a",
        subject="m-1",
        occurred_at=datetime(2026, 10, 5, tzinfo=UTC),
        business_date=date(2026, 10, 5),
        data=purchase,
    )
    assert decode(event.model_dump_json(exclude_none=True).encode(), ()).event == event


def test_an_event_cannot_be_altered() -> None:
    event = decode(orjson.dumps(SAMPLES["card.purchased.v1"]), ()).event
    with pytest.raises(ValidationError, match="frozen"):
        event.id = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        event.data.amount_minor = 1  # type: ignore[union-attr,misc]


def test_a_naive_time_is_refused_from_python_too() -> None:
    with pytest.raises(ValidationError, match="offset"):
        CardPurchased.model_validate({**SAMPLES["card.purchased.v1"], "time": datetime(2026, 10, 5)})  # noqa: DTZ001


ACCEPTED = {
    "29 February": changed("member.enrolled.v1", birth_month=2, birth_day=29),
    "no birthday": changed("member.enrolled.v1", birth_month=..., birth_day=...),
    "an empty profile": orjson.dumps({**SAMPLES["member.enrolled.v1"], "data": {}}),
    "a refund without its purchase": changed(
        "card.refunded.v1", original_source=..., original_id=..., original_business_date=...
    ),
    "a whole reversal": changed("transaction.reversed.v1", amount_minor=..., currency=...),
    "a part's reversal": changed("transaction.reversed.v1", amount_minor=5, currency="JPY"),
    "the greatest amount": changed("card.purchased.v1", amount_minor=10**14),
    "an amount of nothing": changed("card.purchased.v1", amount_minor=0),
    "a great overdraft": changed("deposit.balance-changed.v1", balance_minor=-(10**14)),
    "a day that closes itself alone": changed("business-day.closed.v1", through="2026-10-09"),
    "dinars": changed("card.purchased.v1", currency="KWD"),
}
REFUSED = {
    "30 February": changed("member.enrolled.v1", birth_month=2, birth_day=30),
    "31 April": changed("member.updated.v1", birth_month=4, birth_day=31),
    "month 13": changed("member.enrolled.v1", birth_month=13, birth_day=1),
    "a month without a day": changed("member.enrolled.v1", birth_day=...),
    "65 segments": changed("member.enrolled.v1", segments=[f"s-{number}" for number in range(65)]),
    "a segment in capitals": changed("member.enrolled.v1", segments=["Farmer"]),
    "segments as a string": changed("member.enrolled.v1", segments="farmer"),
    "a refund with half of its purchase": changed("card.refunded.v1", original_id=...),
    "a reversal of money without currency": changed("transaction.reversed.v1", currency=...),
    "a currency without money": changed("transaction.reversed.v1", amount_minor=...),
    "a reversal of nothing named": changed("transaction.reversed.v1", original_id=...),
    "risk class 6": changed("wealth.subscribed.v1", risk_class=6),
    "policy month 0": changed("insurance.premium-paid.v1", policy_month=0),
    "a tenor of no months": changed("term-deposit.opened.v1", tenor_months=0),
    "a day that closes backwards": changed("business-day.closed.v1", through="2026-10-08"),
    "three digits of MCC": changed("card.purchased.v1", mcc="541"),
    "an MCC as a number": changed("card.purchased.v1", mcc=5411),
    "an MCC in Arabic digits": changed("card.purchased.v1", mcc="٥٤١١"),
    "a product in capitals": changed("term-deposit.opened.v1", product="Term"),
    "a truth as a word": changed("loan.repaid.v1", on_time="true"),
    "a truth as a number": changed("loan.repaid.v1", on_time=1),
    "a merge into a phone number": changed("member.merged.v1", into="13800138000"),
}


@pytest.mark.parametrize("value", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_lawful_edges_are_accepted(value: bytes) -> None:
    decode(value, ())


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED.keys())
def test_values_beyond_the_edges_are_refused(value: bytes) -> None:
    with pytest.raises(UnusableEvent) as refused:
        decode(value, ())
    assert refused.value.reason in {"wrong-value", "missing-field"}


def test_currencies_have_the_minor_units_of_iso_4217() -> None:
    known = {
        "CNY": 2,
        "HKD": 2,
        "JPY": 0,
        "KRW": 0,
        "VND": 0,
        "KWD": 3,
        "BHD": 3,
        "TND": 3,
        "CLF": 4,
        "MGA": 2,
        "ISK": 0,
    }
    assert {code: EXPONENTS[code] for code in known} == known
    assert not {"XAU", "XXX", "XTS", "XDR"} & EXPONENTS.keys()
    assert all(len(code) == 3 and code.isupper() for code in EXPONENTS)
