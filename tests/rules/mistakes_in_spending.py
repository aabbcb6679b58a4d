"""Mistakes that people make with benefits and spending, in the program of `tests.rules.mistakes`."""

from tests.rules.mistakes import Mistake

MISTAKES_IN_SPENDING: tuple[Mistake, ...] = (
    Mistake("units: {gold: 2}, per: calendar-year", "units: {gold: 2}", 50, "the word 'per' is missing here"),
    Mistake("units: {gold: 2}, per: calendar-year", "per: calendar-week", 50, "'calendar-month'"),
    Mistake("units: {gold: 2}, per: calendar-year", "on: birthday, valid_days: 9", 50, "'units' is missing here"),
    Mistake("units: {gold: 2}, per: calendar-year", "on: birthday, units: 1", 50, "'valid_days' is missing here"),
    Mistake("units: {gold: 2}, per: calendar-year", "on: easter, units: 1, valid_days: 9", 50, "'birthday'"),
    Mistake(
        "network: car,", "network: car, on: birthday, valid_days: 9,", 50, "either `per` period or `on` an occasion"
    ),
    Mistake("units: {gold: 2}, per: calendar-year", "price: 5000", 50, "such as '5000 points'"),
    Mistake("units: {gold: 2}, per: calendar-year", "price: 500 points", 50, "'valid_days' is missing here"),
    Mistake(
        "network: car,", "network: car, converts_to: {ride: {units: 2, for: 1}},", 50, "no benefit is called 'ride'"
    ),
    Mistake("network: car,", "network: car, gate: {spnd: {at_least: 1}},", 50, "did you mean 'spend'"),
    Mistake("network: car,", "network: car, value: {ceiling: {glod: 40.00}},", 50, "did you mean 'gold'"),
    Mistake("network: car,", "network: car, value: {ceiling: 40.005},", 50, "finer than a coin"),
    Mistake("network: car,", "network: car, at_most: once a week,", 50, "pattern"),
    Mistake("network: car,", "network: car, on_downgrade: revoke,", 50, "'revoke-unused'"),
    Mistake(
        "units: {gold: 2}, per: calendar-year",
        "on: {milestone: {metric: spend}}, units: 1, valid_days: 9",
        50,
        "exactly one of every and at",
    ),
    Mistake(
        "units: {gold: 2}, per: calendar-year",
        "on: {milestone: {metric: spend, at: [2.00, 1.00]}}, units: 1, valid_days: 9",
        50,
        "milestones rise",
    ),
    Mistake(
        "units: {gold: 2}, per: calendar-year",
        "price: 9 points, valid_days: 9, carry_over: {at_most: 1, months: 1}",
        50,
        "units `per` period",
    ),
    Mistake(
        "award: {points: 5, to: reward}", "award: {points: 5, to: reward}\n    restrict: {shop: s-1}", 33, "merchant"
    ),
    Mistake(
        "award: {points: 5, to: reward}",
        "award: {points: 5, to: reward}\n    restrict: {}",
        33,
        "exactly one of merchant",
    ),
    Mistake("on: bill.paid", "on: redemption.requested", 31, "is a command"),
    Mistake("{count: bill.paid,", "{count: redemption.requested,", 16, "is a command"),
    Mistake("score:\n", "spending: {hold_minutes: 0}\nscore:\n", 43, "greater than or equal to 1"),
    Mistake("score:\n", "spending: {returned_expired: never}\nscore:\n", 43, "'expire-at-once'"),
    Mistake("score:\n", "spending: {returned_expired: {grace_dyas: 9}}\nscore:\n", 43, "did you mean 'grace_days'"),
)
