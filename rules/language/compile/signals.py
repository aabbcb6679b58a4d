"""Signals become tables."""

from fractions import Fraction
from typing import assert_never

from rules.language import grammar as g
from rules.signals import prompts as p

HUNDRED = 100
WAYS: dict[str, p.Way] = {"inflow": "in", "outflow": "out", "balance_drop": "net"}


def prompts(file: g.ProgramFile, exponent: int) -> p.Prompts:
    found = tuple(_prompt(signal, exponent) for signal in file.signals)
    flow_days = max((one.when.within_days for one in found if isinstance(one.when, p.Flow)), default=0)
    return p.Prompts(found, flow_days, tuple(one for one in found if isinstance(one.when, p.Flow | p.TierInReach)))


def _prompt(signal: g.Signal, exponent: int) -> p.Prompt:
    when = _when(signal.when, exponent)
    by_default = when.within_days if isinstance(when, p.Flow) else 30 if isinstance(when, p.TierInReach) else 0
    quiet = by_default if signal.quiet_days is None else signal.quiet_days
    return p.Prompt(signal.id, when, signal.to, signal.priority, signal.due_in_days, quiet)


def _when(when: g.SignalWhen, exponent: int) -> p.When:
    if isinstance(when, g.Inflow | g.Outflow | g.BalanceDrop):
        ((word, bound),) = when
        return p.Flow(WAYS[word], int(bound.at_least * 10**exponent), bound.within_days)
    match when:
        case g.QuietFor():
            return p.Quiet(when.quiet_for_days)
        case g.NotContactedFor():
            return p.NotContacted(when.not_contacted_for_days)
        case g.MaturesIn():
            return p.Matures(when.matures_in_days)
        case g.BirthdayIn():
            return p.Birthday(when.birthday_in_days)
        case g.PointsExpireIn():
            return p.PointsExpire(when.points_expire_in_days, when.at_least, when.of)
        case g.UnitsExpireIn():
            return p.UnitsExpire(when.units_expire_in_days)
        case g.TierInReach():
            return p.TierInReach(Fraction(when.tier_in_reach, HUNDRED))
        case g.TierAtRisk():
            return p.TierAtRisk(when.days_to_review)
        case _:
            assert_never(when)
