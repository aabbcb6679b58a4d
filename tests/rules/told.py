"""Events about balances, told shortly: money in yuan, days at noon in Shanghai."""

from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from rules.language.given import payload_of
from schemas.events import MODELS, AnyEvent

ZONE = ZoneInfo("Asia/Shanghai")


class Told(NamedTuple):
    """An event by its type and what matters of it; money in yuan."""

    type: str
    on: str
    told: dict[str, Any]
    business_date: str | None = None
    sequence: int | None = None
    subject: str = "m-1"


def balance(on: str, yuan: int, account: str = "a-1", product: str = "demand", **when: Any) -> Told:
    return Told("deposit.balance-changed", on, {"account": account, "product": product, "balance": yuan}, **when)


def wealth(what: str, on: str, yuan: int, **when: Any) -> Told:
    more = {"subscribed": {"risk_class": 2}}.get(what, {})
    money = "value" if what == "valued" else "amount"
    return Told(f"wealth.{what}", on, {"holding": "h-1", "product": "fund", money: yuan, **more}, **when)


def event(told: Told, number: int) -> AnyEvent:
    fields: dict[str, Any] = {}
    for name, value in told.told.items():
        is_money = name in {"balance", "amount", "value", "annualised_premium"}
        fields[f"{name}_minor" if is_money else name] = value * 100 if is_money else value
    model = MODELS[f"{told.type}.v1"]
    currency = payload_of(model).model_fields.get("currency")
    if currency is not None and currency.is_required():
        fields["currency"] = "CNY"
    return model.model_validate({
        "id": f"e-{number}", "source": "/s", "subject": told.subject, "data": fields,
        "occurred_at": datetime.combine(date.fromisoformat(told.on), time(12), ZONE),
        "business_date": told.business_date and date.fromisoformat(told.business_date), "sequence": told.sequence,
    })  # fmt: skip
