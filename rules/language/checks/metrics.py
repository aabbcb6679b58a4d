"""Metrics, lists and budgets name what is there."""

from collections.abc import Iterable

from rules.language import grammar as g
from rules.language.awards import basis_field
from rules.language.checks.conditions import when_problems
from rules.language.checks.known import EVENT_NAMES, event_named, fields, has, named
from rules.language.compile.earning import listed
from rules.language.problems import Path, Problem, unknown


def list_problems(file: g.ProgramFile) -> Iterable[Problem]:
    for name, parts in file.lists.items():
        several = isinstance(parts, list)
        for i, part in enumerate(parts if isinstance(parts, list) else [parts]):
            path: Path = ("lists", name, i) if several else ("lists", name)
            if (part.mcc is None) == (part.names is None):
                yield Problem(path, "a list has either mcc or names")
            if several and i and part.from_day is None:
                yield Problem(path, "each later part of a list needs the day `from` which it counts")


def metric_problems(file: g.ProgramFile) -> Iterable[Problem]:
    for name, metric in file.metrics.items():
        path: Path = ("metrics", name)
        match metric:
            case g.SumMetric():
                event, field = metric.sum.rsplit(".", 1)
                yield from event_named(event, (*path, "sum"))
                if event in EVENT_NAMES and not has(event, basis_field(field.replace("_", "-")) or field):
                    yield Problem((*path, "sum"), unknown(field, fields(event), f"field of {event}"))
                yield from when_problems(metric.when, [event], (*path, "when"), file)
            case g.CountMetric():
                yield from event_named(metric.count, (*path, "count"))
                yield from when_problems(metric.when, [metric.count], (*path, "when"), file)
            case g.DaysSinceMetric():
                several = isinstance(metric.days_since, list)
                for i, event in enumerate(listed(metric.days_since)):
                    yield from event_named(event, (*path, "days_since", i) if several else (*path, "days_since"))
            case g.PointsMetric():
                yield from named(metric.points, file.points, "point type", (*path, "points"))
            case g.AverageMetric():
                asked = metric.average_daily_balance
                for product in asked.weights:
                    where = (*path, "average_daily_balance", "weights", product)
                    yield from named(product, asked.products, "product of this average", where)
            case _:
                pass


def label_problems(file: g.ProgramFile) -> Iterable[Problem]:
    """Metrics are called something by `labels`, all else by a `label` of its own."""
    for name, label in file.labels.items():
        yield from named(name, file.metrics, "metric", ("labels", name))
        for language in label:
            yield from named(language, file.languages, "language", ("labels", name, language))


def budget_problems(file: g.ProgramFile) -> Iterable[Problem]:
    for name, budget in file.budgets.items():
        if (budget.points is None) == (budget.money is None):
            yield Problem(("budgets", name), "expected exactly one of points and money")
