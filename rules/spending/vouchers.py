"""What a member has the right to at merchants: grants of benefits that are open, and redemptions of points and units.

A redemption is held, then captured, voided or lapsed, and what was captured may be reversed: one state at a time,
and of captured, voided and lapsed one for ever. Its rows are the ledger's; the member keeps those that are held.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from rules.points.lots import Lot

RedemptionState = Literal["held", "captured", "voided", "lapsed", "reversed"]
Parts = tuple[tuple[bytes, int], ...]
"""Points of lots or units of grants: how many of which, in the order in which they are taken."""

_OF_MEMBER: Final = ("bank", "member_id")
CARRIED: Final = "carried"
"""The period of units that were left over from the one before."""


class Redemption(NamedTuple):
    """A redemption as it stands after one of its steps. `request` is the digest of what was asked for.

    Of `points` asked for, `captured` were taken so far and `returned` of these given back, of which `expired` had
    passed their day. `lots` and `grants` are what is reserved or taken now, what is taken first. `amount_minor` is the
    price told, `payable_minor` what of it neither the benefit nor points pay. `used_on` is the day that the use counts
    for.
    """

    redemption_id: bytes
    bank: str
    member_id: str
    member_version: int
    event_key: bytes
    state: RedemptionState
    merchant: str
    merchant_ref: str
    network: str
    request: bytes
    point_type: str | None
    points: int
    captured: int
    returned: int
    expired: int
    benefit_id: str | None
    units: int
    amount_minor: int | None
    payable_minor: int | None
    lots: Parts
    grants: Parts
    used_on: date
    lapses_at: datetime | None
    occurred_at: datetime
    program_hash: bytes

    @property
    def reserved(self) -> Parts:
        """What of each lot is kept for the merchant; what was captured already is not in its lots any more."""
        return parted(self.lots, self.captured)[1] if self.state == "held" else ()


class Redeemed(NamedTuple):
    """A redemption's last row, and the lots that it took. What is left in them, the member's open lots say."""

    redemption: Redemption
    lots: "dict[bytes, Lot]"


class OpenGrant(NamedTuple):
    """A grant with what is left of it: `units` of which `used` are used or held; None is without limit."""

    benefit_id: str
    network: str
    units: int | None
    used: int
    period: str
    valid_from: date
    valid_until: date

    @property
    def left(self) -> int | None:
        return None if self.units is None else self.units - self.used


def parted(parts: Parts, points: int) -> tuple[Parts, Parts]:
    """The first `points` of the parts, and the rest."""
    first: list[tuple[bytes, int]] = []
    rest: list[tuple[bytes, int]] = []
    for id_, here in parts:
        taken = min(here, points)
        points -= taken
        if taken:
            first.append((id_, taken))
        if here > taken:
            rest.append((id_, here - taken))
    return tuple(first), tuple(rest)


def total(parts: Parts) -> int:
    return sum(part for _, part in parts)


def plain_hold(held: Redemption) -> list[Any]:
    """The stored form of a hold, without its member's bank and id."""
    return [_plain(value) for name, value in zip(held._fields, held, strict=True) if name not in _OF_MEMBER]


def hold(bank: str, member_id: str, row: list[Any]) -> Redemption:
    """A hold from its stored form."""
    told = dict(zip((name for name in Redemption._fields if name not in _OF_MEMBER), row, strict=True))
    for name in ("redemption_id", "event_key", "request", "program_hash"):
        told[name] = bytes.fromhex(told[name])
    for name in ("lots", "grants"):
        told[name] = tuple((bytes.fromhex(id_), n) for id_, n in told[name])
    told["used_on"] = date.fromisoformat(told["used_on"])
    told["lapses_at"] = datetime.fromisoformat(told["lapses_at"])
    told["occurred_at"] = datetime.fromisoformat(told["occurred_at"])
    return Redemption(bank=bank, member_id=member_id, **told)


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return value.hex()
        case date():
            return value.isoformat()
        case tuple():
            return [[id_.hex(), n] for id_, n in value]
        case _:
            return value


def plain_grant(grant: OpenGrant) -> list[Any]:
    """The stored form of an open grant."""
    return [_plain(value) for value in grant]


def open_grant(row: list[Any]) -> OpenGrant:
    """An open grant from its stored form."""
    benefit_id, network, units, used, period, since, until = row
    return OpenGrant(benefit_id, network, units, used, period, date.fromisoformat(since), date.fromisoformat(until))
