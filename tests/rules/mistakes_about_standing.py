"""Mistakes in what a program says of tiers' reviews and of signals: right, wrong, line, a part of what is said."""

ABOUT_STANDING = [
    # what is accepted
    ("score:\n", "accept: [{finding: deposit-gifts, because: we mean it so}]\nscore:\n", 43, "'deposit-gift'"),
    ("score:\n", "accept: [{finding: deposit-gift}]\nscore:\n", 43, "'because' is missing"),
    ("score:\n", "accept: [{finding: deposit-gift, because: so}]\nscore:\n", 43, "at least 10 characters"),
    (
        "score:\n",
        "accept: [{finding: deposit-gift, off: bill, because: we mean it so}]\nscore:\n",
        43,
        "did you mean 'of'",
    ),
    ("score:\n", "accept: deposit-gift\nscore:\n", 43, "expected a list"),
    # signals once more
    ("score:\n", "signals: [{id: Big Money, when: {quiet_for_days: 9}}]\nscore:\n", 43, "lower-case words"),
    ("score:\n", "signals: [{when: {quiet_for_days: 9}}]\nscore:\n", 43, "'id' is missing"),
    ("score:\n", "signals: [{id: a}]\nscore:\n", 43, "'when' is missing"),
    (
        "score:\n",
        "signals: [{id: a, when: {quiet_for_days: 9}, priority: urgent}]\nscore:\n",
        43,
        "'low', 'normal' or 'high'",
    ),
    ("score:\n", "signals: [{id: a, when: {inflow: {at_least: -5, within_days: 3}}}]\nscore:\n", 43, "above zero"),
    # reviews
    ("  ladder:\n", "  review: {after_days: 1}\n  ladder:\n", 46, "exactly one of every and on"),
    (
        "  ladder:\n",
        "  review: {every: calendar-quarter, on: [06-30]}\n  ladder:\n",
        46,
        "exactly one of every and on",
    ),
    ("  ladder:\n", "  review: {every: quarter}\n  ladder:\n", 46, "'calendar-quarter'"),
    ("  ladder:\n", "  review: {on: [06-31]}\n  ladder:\n", 46, "month and day such as 10-18"),
    ("  ladder:\n", "  review: {every: tier-year, grace_months: {glod: 1}}\n  ladder:\n", 46, "did you mean 'gold'"),
    ("  ladder:\n", "  review: {every: tier-year, grace_months: 61}\n  ladder:\n", 46, "less than or equal to 60"),
    ("  ladder:\n", "  review: {every: tier-year, down: never, grace_months: 1}\n  ladder:\n", 46, "need no grace"),
    ("  ladder:\n", "  review: {every: tier-year, down: two-steps}\n  ladder:\n", 46, "'one-step'"),
    ("  ladder:\n", "  review: {every: tier-year, safe_period: 1}\n  ladder:\n", 46, "did you mean 'safe_periods'"),
    # signals
    ("score:\n", "signals: [{id: a, when: {inflow: {at_least: 5.00}}}]\nscore:\n", 43, "'within_days' is missing"),
    (
        "score:\n",
        "signals: [{id: a, when: {inflow: {at_least: 5.001, within_days: 3}}}]\nscore:\n",
        43,
        "finer than a coin",
    ),
    (
        "score:\n",
        "signals: [{id: a, when: {inflows: {at_least: 5.00, within_days: 3}}}]\nscore:\n",
        43,
        "expected one of the words",
    ),
    ("score:\n", "signals: [{id: a, when: {quiet_for_days: 0}}]\nscore:\n", 43, "greater than or equal to 1"),
    (
        "score:\n",
        "signals: [{id: a, when: {not_contacted_for_days: {glod: 30}}}]\nscore:\n",
        43,
        "did you mean 'gold'",
    ),
    (
        "score:\n",
        "signals: [{id: a, when: {points_expire_in_days: 30, of: rewrad}}]\nscore:\n",
        43,
        "did you mean 'reward'",
    ),
    ("score:\n", "signals: [{id: a, when: {days_to_review: 30, below_tier: true}}]\nscore:\n", 43, "no tiers.review"),
    (
        "score:\n",
        "signals: [{id: a, when: {birthday_in_days: 3}, to: boss}]\nscore:\n",
        43,
        "'manager', 'deputy' or 'both'",
    ),
    (
        "score:\n",
        "signals: [{id: a, when: {birthday_in_days: 3}}, {id: a, when: {quiet_for_days: 9}}]\nscore:\n",
        43,
        "is there twice",
    ),
    ("score:\n", "signals: [{id: a, when: {tier_in_reach: 120%}}]\nscore:\n", 43, "percentage such as 50%"),
]
