"""One event of every type, as a source would write it: `SAMPLES[type]` is the JSON object."""

from typing import Any, Final


def _sample(kind: str, data: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{kind.split('.', maxsplit=1)[0]}-20261005-000001",
        "source": "/banks/anping/core",
        "type": kind,
        "subject": "m-00001234",
        "time": "2026-10-05T09:30:00+08:00",
        "businessdate": "2026-10-05",
        **attributes,
        "data": data,
    }


_DEPOSIT = {"account": "acc-71", "product": "demand"}
_TERM = {"account": "acc-72", "product": "term-12m", "amount_minor": 5_000_000, "balance_minor": 5_000_000}
_HOLDING = {"holding": "hold-5", "product": "steady-fund"}
_POLICY = {"policy": "pol-9", "product": "annuity-5y"}
_LOAN = {"loan": "loan-3", "product": "home-loan"}
_CARD = {"card": "tok-8f21", "amount_minor": 12_345, "currency": "CNY", "mcc": "5411", "merchant": "mer-881"}
_ORIGINAL = {
    "original_source": "/banks/anping/core",
    "original_id": "card-20261001-000007",
    "original_business_date": "2026-10-01",
}
_CNY = {"currency": "CNY"}
_MERCHANT = {"merchant": "mer-881", "merchant_ref": "till-3.20261005.17"}

_EVENTS: Final = (
    _sample(
        "deposit.balance-changed.v1",
        {**_DEPOSIT, **_CNY, "balance_minor": -12_000, "change_minor": -50_000, "new_money": False},
        sequence=41,
    ),
    _sample("term-deposit.opened.v1", {**_TERM, **_CNY, "tenor_months": 12, "new_money": True, "renewal": False}),
    _sample("term-deposit.matured.v1", {**_TERM, **_CNY, "balance_minor": 0}),
    _sample("term-deposit.withdrawn-early.v1", {**_TERM, **_CNY, "balance_minor": 0}),
    _sample("wealth.subscribed.v1", {**_HOLDING, **_CNY, "amount_minor": 1_000_000, "risk_class": 2, "days": 180}),
    _sample("wealth.redeemed.v1", {**_HOLDING, **_CNY, "amount_minor": 400_000}),
    _sample("wealth.matured.v1", {**_HOLDING, **_CNY, "amount_minor": 612_000}),
    _sample("wealth.valued.v1", {**_HOLDING, **_CNY, "value_minor": 1_003_100}),
    _sample(
        "insurance.premium-paid.v1",
        {
            **_POLICY,
            **_CNY,
            "amount_minor": 1_200_000,
            "annualised_premium_minor": 1_200_000,
            "payment_term_years": 5,
            "policy_month": 1,
        },
    ),
    _sample("insurance.cooling-off-passed.v1", {**_POLICY}),
    _sample("insurance.valued.v1", {**_POLICY, **_CNY, "value_minor": 880_000}),
    _sample("insurance.surrendered.v1", {**_POLICY, **_CNY, "amount_minor": 870_000}),
    _sample("insurance.ended.v1", {**_POLICY, "cause": "lapsed"}),
    _sample("loan.disbursed.v1", {**_LOAN, **_CNY, "amount_minor": 60_000_000, "tenor_months": 240}),
    _sample(
        "loan.repaid.v1",
        {
            **_LOAN,
            **_CNY,
            "amount_minor": 350_000,
            "principal_minor": 210_000,
            "interest_minor": 140_000,
            "on_time": True,
        },
    ),
    _sample("loan.balance-changed.v1", {**_LOAN, **_CNY, "balance_minor": 59_790_000}),
    _sample("loan.settled.v1", {**_LOAN, "early": True}),
    _sample("card.purchased.v1", {**_CARD, "channel": "pos"}),
    _sample("card.refunded.v1", {**_CARD, "amount_minor": 2_345, **_ORIGINAL}),
    _sample("payroll.credited.v1", {"account": "acc-71", "amount_minor": 980_000, **_CNY, "kind": "salary"}),
    _sample(
        "bill.paid.v1",
        {"account": "acc-71", "amount_minor": 23_010, **_CNY, "biller": "state-grid", "kind": "electricity"},
    ),
    _sample("channel.activated.v1", {"channel": "mobile-bank"}),
    _sample("task.completed.v1", {"task": "risk-questionnaire"}),
    _sample("referral.completed.v1", {"referred_member": "m-00005678"}),
    _sample("referral.welcomed.v1", {"referrer": "m-00001234"}, source="urn:points-engine"),
    _sample("account.owner-changed.v1", {**_DEPOSIT, "new_owner": "m-00005678"}),
    _sample("transaction.reversed.v1", {"amount_minor": 100, **_CNY, **_ORIGINAL}),
    _sample(
        "member.enrolled.v1",
        {
            "joined_on": "2009-03-01",
            "birth_month": 2,
            "birth_day": 29,
            "branch": "br-017",
            "region": "anping-north",
            "segments": ["farmer", "young-family"],
            "manager": "rm-22",
            "deputy": "rm-23",
        },
    ),
    _sample("member.updated.v1", {"segments": ["retired"], "manager": "rm-24"}),
    _sample("member.merged.v1", {"into": "m-00005678"}),
    _sample(
        "member.absorbed.v1",
        {
            "member": "m-00005678",
            "number": 0,
            "lots": [
                {
                    "lot": "0123456789abcdef0123456789abcdef",
                    "point_type": "reward",
                    "points": 120,
                    "expires_on": "2027-04-01",
                    "restriction": "no-goods",
                    "awaits": "insurance.cooling-off-passed:pol-1",
                }
            ],
            "owed": [{"point_type": "qualifying", "points": 5}],
            "tier": "core",
            "state": "{}",
        },
        source="urn:points-engine",
    ),
    _sample(
        "event.forwarded.v1",
        {"member": "m-00005678", "hops": 1, "event": "{}"},
        source="urn:points-engine",
    ),
    _sample("member.unmerged.v1", {"cause": "mistaken-identity"}),
    _sample("member.closed.v1", {"cause": "moved-away"}),
    _sample("member.erased.v1", {"request": "req-2026-17"}),
    _sample("member.frozen.v1", {"freeze": "no-burn", "reason": "unusual-redemptions", "by": "op-7"}),
    _sample("member.unfrozen.v1", {"reason": "cleared", "by": "op-9"}),
    _sample(
        "points.adjusted.v1",
        {
            "point_type": "reward",
            "points": -250,
            "reason": "correction",
            "requested_by": "op-7",
            "requested_at": "2026-10-04T16:00:00+08:00",
            "approved_by": ["op-9"],
            "case": "case-2026-31",
        },
    ),
    _sample(
        "points.reinstated.v1",
        {
            "point_type": "reward",
            "points": 500,
            "expired_on": "2026-10-01",
            "reason": "goodwill",
            "requested_by": "op-7",
            "requested_at": "2026-10-04T16:00:00+08:00",
            "approved_by": ["op-9"],
        },
    ),
    _sample(
        "points.extended.v1",
        {
            "point_type": "reward",
            "points": 500,
            "expires_on": "2026-11-01",
            "until": "2027-01-01",
            "reason": "goodwill",
            "requested_by": "op-7",
            "requested_at": "2026-10-04T16:00:00+08:00",
            "approved_by": ["op-9"],
        },
    ),
    _sample(
        "points.imported.v1",
        {
            "point_type": "reward",
            "points": 1200,
            "earned_on": "2025-03-02",
            "expires_on": "2027-04-01",
            "batch": "opening-2026",
        },
    ),
    _sample(
        "redemption.hold-requested.v1",
        {**_MERCHANT, "network": "food", "points": 500, "point_type": "reward", "purpose": "goods", "hold_minutes": 30},
    ),
    _sample("redemption.capture-requested.v1", {**_MERCHANT, "points": 300, "rest": "keep"}),
    _sample("redemption.void-requested.v1", {**_MERCHANT}),
    _sample(
        "redemption.requested.v1",
        {
            **_MERCHANT,
            **_CNY,
            "network": "car-care",
            "region": "anping-north",
            "benefit": "car-wash",
            "units": 1,
            "companions": 0,
            "amount_minor": 4_800,
            "excess": "points",
        },
    ),
    _sample("redemption.reversal-requested.v1", {**_MERCHANT, "points": 100}),
    _sample("redemption.holds-lapsed.v1", {}, source="urn:points-engine"),
    _sample("benefit.purchase-requested.v1", {"benefit": "cinema", "units": 2}),
    _sample("benefit.conversion-requested.v1", {"benefit": "lounge", "into": "airport-transfer", "units": 1}),
    _sample("member.contacted.v1", {"channel": "phone", "by": "rm-22"}),
    _sample(
        "tier.assigned.v1",
        {"tier": "vip", "until": "2027-01-01", "reason": "goodwill", "requested_by": "op-1", "approved_by": "op-2"},
    ),
    _sample(
        "redemption.uploaded.v1",
        {
            "ask": "redeem",
            "merchant_ref": "till-3.20261005.17",
            "grant": "0b0f6f3e-93a1-5b7c-9d55-6a2c53d0a1ce",
            "network": "car",
            "benefit": "car-wash",
            "units": 1,
        },
        subject="mer-881",
        source="/merchants/mer-881/tills",
    ),
    _sample("business-day.closed.v1", {"business_date": "2026-10-09", "through": "2026-10-11"}, subject="calendar"),
    _sample(
        "day.marked.v1",
        {"business_date": "2026-10-09", "through": "2026-10-11"},
        subject="calendar",
        source="/points-engine",
    ),
)

SAMPLES: Final[dict[str, dict[str, Any]]] = {event["type"]: event for event in _EVENTS}
