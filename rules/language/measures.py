"""Metrics become counters to keep and functions to read them. What they read is in member state, never in history."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple, assert_never

from rules.language import grammar as g
from rules.language.averaging import average_of, rounded_down, standing_averages
from rules.language.awards import MONEY_BASES, NUMBER_BASES
from rules.language.matching import asked_of_event, condition
from rules.language.spans import window_of
from rules.member import Member
from rules.metrics import averages
from rules.metrics.counters import AnyWindow, label_of
from rules.metrics.flows import Direction, Flow
from rules.metrics.windows import LATEST_DAY
from rules.moment import Exact, Moment, Read
from rules.periods import whole_months
from rules.program import Update
from schemas.money import EXPONENTS

FLOW_METRICS = (g.LargestInflowMetric, g.LargestOutflowMetric, g.NetFlowMetric)
MONEY_METRICS = (g.BalanceMetric, g.AverageMetric, *FLOW_METRICS)
YEARS_WITH_BANK = "years-with-bank"
"""The one metric that every program has."""


def money_measures(file: g.ProgramFile) -> frozenset[str]:
    """The metrics whose thresholds are written in main units of money and kept in minor ones."""
    return frozenset(
        name
        for name, m in file.metrics.items()
        if isinstance(m, MONEY_METRICS) or (isinstance(m, g.SumMetric) and m.sum.rsplit(".", 1)[1] in MONEY_BASES)
    )


class Metrics(NamedTuple):
    """How each metric is read, what each type of event adds to counters, and which counters each point type feeds.

    `standing` is what the score and the tiers read: of averages, the last window that is over.
    """

    reads: dict[str, Read]
    exact: dict[str, Exact]
    standing: dict[str, Read]
    updates: dict[str, tuple[Update, ...]]
    points: dict[str, tuple[tuple[str, AnyWindow], ...]]
    flows: tuple[Flow, ...]


def compiled_metrics(file: g.ProgramFile) -> Metrics:
    exact = {name: averages.so_far(average_of(name, m)) for name, m in _averages(file)}
    reads: dict[str, Read] = {YEARS_WITH_BANK: _tenure(12)}
    reads |= {name: _read(counter_of(name, m), m) for name, m in file.metrics.items() if name not in exact}
    reads |= {name: rounded_down(read) for name, read in exact.items()}
    return Metrics(
        reads={name: reads[name] for name in (YEARS_WITH_BANK, *file.metrics)},
        exact={name: exact.get(name) or _whole(read) for name, read in reads.items()},
        standing=reads | {a.metric: averages.of_last_window(a, file.close.after_days) for a in standing_averages(file)},
        updates=_updates(file),
        points=_points_counters(file),
        flows=tuple(_flow(counter_of(name, m), m) for name, m in file.metrics.items() if isinstance(m, FLOW_METRICS)),
    )


def _averages(file: g.ProgramFile) -> Iterable[tuple[str, g.AverageMetric]]:
    return ((name, m) for name, m in file.metrics.items() if isinstance(m, g.AverageMetric))


def counter_of(name: str, metric: g.Metric) -> str:
    """Under what the metric counts in member state; a version that makes it another kind or window begins anew."""
    kind = next(iter(type(metric).model_fields))
    over = getattr(metric, "over", None)
    return f"{kind}:{name}:{'days' if isinstance(over, g.LastDays) else over or 'latest'}"


def _read(counter: str, metric: g.Metric) -> Read:
    match metric:
        case g.SumMetric() | g.CountMetric() | g.PointsMetric() | g.NetFlowMetric():
            return _counted(counter, metric.over)
        case g.LargestInflowMetric() | g.LargestOutflowMetric():
            return _counted(counter, metric.over, max)
        case g.DaysSinceMetric():
            return _days_since(counter)
        case g.BalanceMetric():
            return _balance(frozenset(metric.balance.products))
        case g.AverageMetric():
            raise AssertionError("averages are read by rules.metrics.averages")
        case g.KindsMetric():
            return _kinds if metric.count_distinct == "product-family" else _products
        case g.TenureMetric():
            return _tenure(12 if metric.tenure == "years" else 1)
        case _:
            assert_never(metric)


def _updates(file: g.ProgramFile) -> dict[str, tuple[Update, ...]]:
    found: dict[str, list[Update]] = {}
    for name, metric in file.metrics.items():
        counter = counter_of(name, metric)
        match metric:
            case g.SumMetric():
                event, field = metric.sum.rsplit(".", 1)
                found.setdefault(f"{event}.v1", []).append(_update(counter, metric, field, file))
            case g.CountMetric():
                found.setdefault(f"{metric.count}.v1", []).append(_update(counter, metric, None, file))
            case g.DaysSinceMetric():
                for event in [metric.days_since] if isinstance(metric.days_since, str) else metric.days_since:
                    found.setdefault(f"{event}.v1", []).append(_seen(counter))
            case _:
                pass
    return {type_: tuple(updates) for type_, updates in found.items()}


def _points_counters(file: g.ProgramFile) -> dict[str, tuple[tuple[str, AnyWindow], ...]]:
    found: dict[str, list[tuple[str, AnyWindow]]] = {}
    for name, metric in file.metrics.items():
        if isinstance(metric, g.PointsMetric):
            found.setdefault(metric.points, []).append((counter_of(name, metric), window_of(metric.over)))
    return {point_type: tuple(counters) for point_type, counters in found.items()}


def _update(counter: str, metric: g.SumMetric | g.CountMetric, field: str | None, file: g.ProgramFile) -> Update:
    applies = condition(metric.when, file.lists, EXPONENTS[file.currency])
    attribute = field and (MONEY_BASES.get(field) or NUMBER_BASES.get(field.replace("_", "-")) or field)
    return Update(counter, window_of(metric.over), applies, _amount(attribute), attribute, asked_of_event(metric.when))


def _amount(attribute: str | None) -> Callable[[Any], int]:
    if attribute is None:
        return lambda _data: 1
    return lambda data: getattr(data, attribute) or 0


def _counted(counter: str, over: g.LastDays | str, together: Callable[[Iterable[int]], int] = sum) -> Read:
    """What the window counted; of single days, all of them `together`."""
    if isinstance(over, g.LastDays):
        return _of_days(counter, over.days, together)
    window = window_of(over)

    def read(member: Member, moment: Moment) -> int:
        used: Mapping[str, int] = member.counters.get(counter, {})
        return used.get(label_of(member, window, moment.windows), 0) if used else 0

    return read


def _of_days(counter: str, days: int, together: Callable[[Iterable[int]], int]) -> Read:
    def read(member: Member, moment: Moment) -> int:
        used = member.counters.get(counter)
        if not used:
            return 0
        before, today = (moment.day - timedelta(days=days)).isoformat(), moment.windows.day
        return together([0, *(amount for day, amount in used.items() if before < day <= today)])

    return read


def _flow(counter: str, metric: g.LargestInflowMetric | g.LargestOutflowMetric | g.NetFlowMetric) -> Flow:
    flowing: g.Flowing
    direction: Direction
    match metric:
        case g.LargestInflowMetric():
            flowing, direction = metric.largest_inflow, "in"
        case g.LargestOutflowMetric():
            flowing, direction = metric.largest_outflow, "out"
        case g.NetFlowMetric():
            flowing, direction = metric.net_flow, "net"
        case _:
            assert_never(metric)
    products = None if isinstance(flowing, str) else frozenset(flowing.products)
    return Flow(counter, window_of(metric.over), direction, products)


def _seen(counter: str) -> Update:
    return Update(counter, LATEST_DAY, condition(None, {}, 0), _amount(None), None, frozenset())


def _days_since(counter: str) -> Read:
    def read(member: Member, moment: Moment) -> int:
        seen = member.counters.get(counter)
        latest = date.fromisoformat(max(seen)) if seen else member.enrolled_on
        return max((moment.day - latest).days, 0) if latest else 0

    return read


def _balance(products: frozenset[str]) -> Read:
    def read(member: Member, _moment: Moment) -> int:
        return sum(h.balance_minor for h in member.holdings.values() if h.open and h.product in products)

    return read


def _whole(read: Read) -> Exact:
    return lambda member, moment: (read(member, moment), 1)


def _kinds(member: Member, _moment: Moment) -> int:
    return len({h.family for h in member.holdings.values() if h.open})


def _products(member: Member, _moment: Moment) -> int:
    return len({(h.family, h.product) for h in member.holdings.values() if h.open})


def _tenure(months: int) -> Read:
    def read(member: Member, moment: Moment) -> int:
        since = member.profile.joined_on or member.enrolled_on
        return whole_months(since, moment.day) // months if since else 0

    return read
