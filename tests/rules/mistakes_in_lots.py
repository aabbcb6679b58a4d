"""Mistakes that people make in what a program says of points that wait, expire or come back."""

from tests.rules.mistakes import Mistake

MISTAKES_IN_LOTS = [
    # money that comes back
    Mistake(
        "  qualifying: {spendable: false}",
        "  qualifying: {spendable: false, on_reversal: floor}",
        9,
        "expected 'only-pending', 'within-balance' or 'unlimited'",
    ),
    Mistake(
        "  qualifying: {spendable: false}",
        "  qualifying: {spendable: false, on_reversal: unlimited, deficit: {floor: -5}}",
        9,
        "leave one of them out",
    ),
    Mistake("budgets:", "refunds: {without_original: ask}\nbudgets:", 17, "expected 'current-rate' or 'review'"),
    Mistake("budgets:", "refunds: {waits_days: 0}\nbudgets:", 17, "greater than or equal to 1"),
    Mistake("budgets:", "refunds: {cap_room: given}\nbudgets:", 17, "expected 'stays-used' or 'freed'"),
    Mistake(
        "- close: 2026-02-28",
        "- card.refunded: {at: 2026-02-28, amount: 1.00, original: 9}",
        55,
        "the number of an event given here, 1 to 2",
    ),
    Mistake("- close: 2026-02-28", "- card.purchased: {at: 2026-02-28, amount: 1.00, original: 1}", 55, "original"),
    # by hand
    Mistake(
        "budgets:",
        "adjustments: {reasons: [sorry, extension], approvals: [{up_to: 9, by: 1}]}\nbudgets:",
        17,
        "the engine's own word",
    ),
    Mistake(
        "budgets:",
        "adjustments: {reasons: [sorry], approvals: [{up_to: 9, by: 1}], reinstate: {within_days: 9}}\nbudgets:",
        17,
        "valid_days",
    ),
    # points that wait or expire
    Mistake(
        "expires: {after_months: 24, at: month-end}",
        "expires: {after_months: 24, on: 2027-01-01}",
        8,
        "exactly one of after_months, on and after_inactive_months",
    ),
    Mistake("expires: {after_months: 24, at: month-end}", "expires: {after_months: 0}", 8, "of which period"),
    Mistake(
        "expires: {after_months: 24, at: month-end}",
        "expires: {after_inactive_months: 3, at: year-end}",
        8,
        "there is no after_months here",
    ),
    Mistake(
        "expires: {after_months: 24, at: month-end}",
        "expires: {on: 2027-01-01, longer_for: {gold: 3}}",
        8,
        "there is no after_months here",
    ),
    Mistake(
        "expires: {after_months: 24, at: month-end}",
        "expires: {after_months: 24, longer_for: {glod: 3}}",
        8,
        "did you mean 'gold'",
    ),
    Mistake("    budget: spring", "    budget: spring\n    pending: {}", 35, "exactly one of until, days and on"),
    Mistake("    budget: spring", "    budget: spring\n    pending: {days: 3, on: 2027-01-01}", 35, "exactly one of"),
    Mistake("    budget: spring", "    budget: spring\n    pending: {days: 0}", 35, "greater than or equal to 1"),
    Mistake(
        "    budget: spring",
        "    budget: spring\n    pending: {days: 3}\n    vest: {parts: 2, every_months: 3}",
        36,
        "leave one of them out",
    ),
    Mistake(
        "    budget: spring",
        "    budget: spring\n    pending: {until: insurance.cooling-off-passed}",
        35,
        "not about the same policy",
    ),
    Mistake(
        "    budget: spring",
        "    budget: spring\n    pending: {until: insurance.cooling-of-passed}",
        35,
        "did you mean 'insurance.cooling-off-passed'",
    ),
    Mistake(
        "    budget: spring",
        "    budget: spring\n    pending: {days: 3, forfeited_by: task.completed}",
        35,
        "not about the same policy",
    ),
    Mistake(
        "    budget: spring", "    budget: spring\n    vest: {parts: 0, every_months: 3}", 35, "greater than or equal"
    ),
    Mistake(
        "    budget: spring",
        "    budget: spring\n    vest: {parts: 2, every_months: 3, counts: never}",
        35,
        "expected 'at-once' or 'on-release'",
    ),
    Mistake(
        "    budget: spring", "    budget: spring\n    taken_back_by: insurance.ended", 35, "not about the same policy"
    ),
]
