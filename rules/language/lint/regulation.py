"""What regulators of Chinese banks bar: gifts that attract deposits, and what is keyed to balances at a month's end.

Points for deposits may buy services only, so they bear a restriction; what counts deposits is an average of days.
"""

from collections.abc import Iterable

from rules.language import grammar as g
from rules.language.compile.earning import listed
from rules.language.findings import Finding
from rules.language.problems import Path

DEPOSIT_EVENTS = frozenset({"deposit.balance-changed", "term-deposit.opened", "term-deposit.matured"})


def regulation_findings(file: g.ProgramFile) -> Iterable[Finding]:
    for i, rule in enumerate(file.earn):
        path: Path = ("earn", i)
        spendable = [t for t in _targets(rule) if file.points[t].spendable]
        if spendable and rule.restrict is None and _on_deposits(rule, file):
            yield Finding("deposit-gift", rule.id, path,
                          f"points for deposits that buy anything attract deposits by gifts: add `restrict: no-goods`, "
                          f"or give a point type that is not spendable instead of {spendable[0]}")  # fmt: skip
        for metric in _balances_at_the_end(rule, file):
            yield Finding("month-end-balance", rule.id, path,
                          f"{metric} is the balance at the period's end, which invites deposits for a day: use "
                          "average_daily_balance")  # fmt: skip
    yield from _reviews(file)


def _targets(rule: g.EarningRule | g.PeriodRule) -> list[str]:
    award = rule.award
    return listed(award.to) if award is not None else []


def _on_deposits(rule: g.EarningRule | g.PeriodRule, file: g.ProgramFile) -> bool:
    if isinstance(rule, g.EarningRule):
        return bool(DEPOSIT_EVENTS & set(listed(rule.on)))
    metric = file.metrics.get(getattr(rule.award, "of", ""))
    return isinstance(metric, g.AverageMetric | g.BalanceMetric)


def _balances_at_the_end(rule: g.EarningRule | g.PeriodRule, file: g.ProgramFile) -> Iterable[str]:
    if isinstance(rule, g.PeriodRule):
        for name in (getattr(rule.award, "of", None), *(rule.gate or ())):
            if isinstance(file.metrics.get(name or ""), g.BalanceMetric):
                yield str(name)


def _reviews(file: g.ProgramFile) -> Iterable[Finding]:
    """Tiers that a rating day takes by the balance that it finds."""
    review = file.tiers.review if file.tiers else None
    if file.tiers is None or review is None or review.down == "never":
        return
    in_score = {item.metric for item in file.score}
    for i, rung in enumerate(file.tiers.ladder):
        asked = {name for threshold in rung.any or rung.all or [] for name in threshold}
        asked |= in_score if "score" in asked else set()
        for name in sorted(n for n in asked if isinstance(file.metrics.get(n), g.BalanceMetric)):
            yield Finding("month-end-balance", rung.id, ("tiers", "ladder", i),
                          f"the rating day looks at {name} of that one day: use average_daily_balance")  # fmt: skip
