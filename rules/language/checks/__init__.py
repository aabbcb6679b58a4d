"""What validation by shape cannot see: that every word names something, and that fields fit their events."""

from rules.language import grammar as g
from rules.language.checks.adjustments import adjustment_problems
from rules.language.checks.benefits import benefit_problems
from rules.language.checks.earning import bound_problems, group_problems, rule_problems
from rules.language.checks.exchange import exchange_problems
from rules.language.checks.known import labels
from rules.language.checks.metrics import budget_problems, label_problems, list_problems, metric_problems
from rules.language.checks.periods import period_problems
from rules.language.checks.points import heading_problems, point_problems, unique_problems
from rules.language.checks.signals import signal_problems
from rules.language.checks.tiers import score_problems, tier_problems
from rules.language.expected import example_problems
from rules.language.problems import Problem

PARTS = (
    heading_problems,
    unique_problems,
    point_problems,
    exchange_problems,
    adjustment_problems,
    list_problems,
    metric_problems,
    label_problems,
    budget_problems,
    score_problems,
    tier_problems,
    benefit_problems,
    group_problems,
    signal_problems,
    example_problems,
)


def problems(file: g.ProgramFile) -> list[Problem]:
    """Everything in the file that cannot be right, in no order."""
    found = [problem for part in PARTS for problem in part(file)]
    for i, rule in enumerate(file.earn):
        found += bound_problems(rule, ("earn", i), file)
        found += labels(rule.label, ("earn", i), file)
        if isinstance(rule, g.PeriodRule):
            found += period_problems(rule, ("earn", i), file)
        else:
            found += rule_problems(rule, ("earn", i), file)
    return found
