"""A quick trial of how often a tier comes and goes with a member whose business swings from month to month.

For each tier that asks for something that events can bring at once, a member meets it in every third month, and in
between does not, for two years of closes. What is gained more than twice a year, flaps.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction

from rules.identity import event_key
from rules.language import grammar as g
from rules.language.findings import Finding
from rules.language.given import BANK, Given, NotGiven
from rules.memory import Memory
from rules.program import Program, Programs
from schemas.events import AnyEvent, BusinessDayClosed

MONTHS = 24
SWINGS_EVERY = 3
RISES_AT_MOST = 4
MET_ON, LOST_ON = 5, 20
Line = dict[str, object]


def flapping_findings(file: g.ProgramFile, program: Program) -> Iterable[Finding]:
    if file.tiers is None or file.tiers.review is None:
        return
    for i, rung in enumerate(file.tiers.ladder[1:], 1):
        for threshold in rung.any or rung.all or []:
            ((name, bound),) = threshold.items()
            rises = _rises(file, program, rung.id, (name, bound))
            if rises > RISES_AT_MOST:
                yield Finding("tier-flaps", rung.id, ("tiers", "ladder", i),
                              f"with {name} that comes and goes each quarter it is gained {rises} times in two years: "
                              "give `safe_periods` or `grace_months`, or ask for an average")  # fmt: skip
                break


def _rises(file: g.ProgramFile, program: Program, tier: str, asked: tuple[str, Fraction]) -> int:
    """How often a member gains the tier in two years in which the metric swings every month."""
    memory = Memory(Programs([program]), BANK)
    rises = 0
    for event in _swinging(file, asked):
        key = event_key(BANK, event.source, event.id)
        decisions = (
            memory.close(event, key) if isinstance(event, BusinessDayClosed) else memory.told(event, key, program)
        )
        for decision in decisions:
            rises += sum(1 for change in decision.tier_changes if (change.to_tier, change.reason) == (tier, "earned"))
    return rises


def _swinging(file: g.ProgramFile, asked: tuple[str, Fraction]) -> list[AnyEvent]:
    lines: list[Line] = [{"member.enrolled": {"at": file.version}}]
    first = file.version.replace(day=1) + timedelta(days=31)
    for number in range(MONTHS):
        if number % SWINGS_EVERY == 0:
            lines += _month_of(file, asked, _month(first, number))
        lines.append({"close": _month(first, number + 1) + timedelta(days=1)})
    example = g.Example.model_construct(name="swinging", member=g.ExampleMember(), given=lines, expect={})
    try:
        return Given(file.time_zone, file.currency).events(example, ())
    except NotGiven:
        return []


def _month(first: date, number: int) -> date:
    months = first.year * 12 + first.month - 1 + number
    return date(months // 12, months % 12 + 1, 1)


def _month_of(file: g.ProgramFile, asked: tuple[str, Fraction], month: date) -> list[Line]:
    """What meets the condition early in the month and, where that can be, takes it away before its end."""
    name, bound = asked
    metric = file.metrics.get(name)
    early, late = month.replace(day=MET_ON), month.replace(day=LOST_ON)
    match metric:
        case g.BalanceMetric():
            told = {"product": metric.balance.products[0]}
            return [{"deposit.balance-changed": {"at": early, "balance": _money(bound), **told}},
                    {"deposit.balance-changed": {"at": late, "balance": 0, **told}}]  # fmt: skip
        case g.SumMetric() if metric.sum == "card.purchased.amount":
            return [{"card.purchased": {"at": early, "amount": _money(bound)}}]
        case g.CountMetric() if metric.count == "bill.paid":
            return [{"bill.paid": {"at": early + timedelta(days=n % MET_ON)}} for n in range(min(int(bound), 100))]
        case _:
            return []


def _money(bound: Fraction) -> int:
    return -(-bound.numerator // bound.denominator)
