"""A small program and the mistakes that people make in one: what is changed, the line, a part of what is said."""

from typing import NamedTuple

from tests.rules.mistakes_about_standing import ABOUT_STANDING

PROGRAM = """\
program: small
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
languages: [en, zh]
points:
  reward: {label: {en: Points}, spendable: true, expires: {after_months: 24, at: month-end}}
  qualifying: {spendable: false}
lists:
  not-spending: {mcc: [6011, 7995]}
  farmers: {names: [farmer]}
metrics:
  deposits: {balance: {products: [demand]}}
  spend: {sum: card.purchased.amount, over: calendar-month}
  bills: {count: bill.paid, over: calendar-month}
budgets:
  spring: {points: 1000}
groups:
  one: {choose: best}
earn:
  - id: card
    on: card.purchased
    when: {mcc: {not_in: not-spending}, amount: {at_least: 1.00}}
    award: {rate: 1 per 1.00, to: [reward, qualifying]}
    cap: {member-month: 100}
  - id: twice
    on: card.purchased
    multiply: {by: 2, points: reward, rules: [card]}
  - id: bill
    on: bill.paid
    award: {points: 5, to: reward}
    group: one
    budget: spring
  - id: wealth
    on: wealth.subscribed
    award:
      bands:
        - {up_to: 100.00, rate: 1 per 1.00}
        - {up_to: 200.00, rate: 2 per 1.00}
        - {rate: 3 per 1.00}
      to: reward
score:
  - {metric: deposits, points: 1 per 1000.00}
tiers:
  ladder:
    - {id: basic}
    - {id: gold, any: [{deposits: 100.00}, {score: 5}]}
benefits:
  wash: {network: car, units: {gold: 2}, per: calendar-year}
examples:
  - name: one
    given:
      - card.purchased: {at: 2026-02-01, amount: 5.00}
      - close: 2026-02-28
    expect: {reward: 10}
"""


class Mistake(NamedTuple):
    """`wrong` stands in the place of `right`."""

    right: str
    wrong: str
    line: int
    said: str


BALANCE = "{balance: {products: [demand]}}"
AVERAGE = "{average_daily_balance: {products: [demand]}, over: calendar-month}"
OF_PERIODS = [
    ("award: {rate: 1 per 1.00, of: spned, to: reward}", "did you mean 'spend'"),
    ("award: {rate: 1 per 1.00, to: reward}", "'of' is missing"),
    ("award: {points: 1, to: rewrad}", "did you mean 'reward'"),
    ("award: {again: crad, to: reward}", "did you mean 'card'"),
    ("award: {again: bill, to: qualifying}", "gives no 'qualifying'"),
    ("award: {again: card, times: 0, to: reward}", "above zero"),
    ("gate: {spned: 1.00}, award: {points: 1, to: reward}", "did you mean 'spend'"),
    ("gate: {spend: {at_least: 1.005}}, award: {points: 1, to: reward}", "finer than a coin"),
    ("when: {amount: 5.00}, award: {points: 1, to: reward}", "no word here is called 'amount'"),
    ("when: {tier: glod}, award: {points: 1, to: reward}", "did you mean 'gold'"),
    ("cap: {event: 5}, award: {points: 1, to: reward}", "a period has no event"),
    ("budget: srping, award: {points: 1, to: reward}", "did you mean 'spring'"),
    ("from: 9999-12-31, award: {points: 1, to: reward}", "never begins"),
    ("from: 2026-02-01, until: 2026-02-01, award: {points: 1, to: reward}", "lies after `from`"),
]
"""What is wrong in one more rule, which gives every month."""

MISTAKES = [
    # the heading
    Mistake("program: small\n", "", 1, "'program' is missing"),
    Mistake("program: small", "programme: small", 1, "did you mean 'program'"),
    Mistake("program: small", "program: Small Bank", 1, "lower-case words"),
    Mistake("semantics: 1", "semantics: 2", 2, "expected 1"),
    Mistake("version: 2026-01-01", "version: 2026-02-30", 3, "expected a day, a time or a number"),
    Mistake("version: 2026-01-01", "version: soon", 3, "expected a day such as 2026-10-01"),
    Mistake("Asia/Shanghai", "Asia/Shangai", 4, "did you mean 'Asia/Shanghai'"),
    Mistake("currency: CNY", "currency: CNX", 5, "no currency is called 'CNX'"),
    Mistake("currency: CNY", "currency: yuan", 5, "pattern"),
    Mistake("languages: [en, zh]", "languages: [en, chinese]", 6, "pattern"),
    Mistake("languages: [en, zh]", "languages: []", 6, "at least one"),
    # YAML itself
    Mistake("program: small", "program: &a small", 1, "anchors and aliases are not allowed"),
    Mistake("program: small", "program: *a", 1, "anchors and aliases are not allowed"),
    Mistake("program: small", "program: !!str small", 1, "tags are not allowed"),
    Mistake("semantics: 1", "semantics: 1\nsemantics: 1", 3, "keep one of the two"),
    Mistake("award: {points: 5, to: reward}", "award: {points: 5, points: 6, to: reward}", 32, "keep one of the two"),
    Mistake("semantics: 1", "\tsemantics: 1", 2, "YAML"),
    Mistake("semantics: 1", "semantics: [1", 3, "YAML"),
    Mistake("program: small", "{{bank}: small}: 1", 1, "before a colon stands one word"),
    Mistake("program: small", "[program]: small", 1, "before a colon stands one word"),
    Mistake("semantics: 1", "semantics: " + "[" * 400 + "]" * 400, 2, "nested deeper than 20"),
    Mistake("program: small", "---\nprogram: a\n---\nprogram: small", 3, "YAML"),
    Mistake("{up_to: 100.00, rate: 1 per 1.00}", "{up_to: .nan, rate: 1 per 1.00}", 39, "finite"),
    Mistake("{up_to: 100.00, rate: 1 per 1.00}", "{up_to: .inf, rate: 1 per 1.00}", 39, "finite"),
    # points
    Mistake("spendable: true", "spendable: 1", 8, "expected true or false"),
    Mistake("spendable: true", "spendabel: true", 8, "did you mean 'spendable'"),
    Mistake("{label: {en: Points}", "{label: {fr: Points}", 8, "no language is called 'fr'"),
    Mistake("after_months: 24", "after_months: -3", 8, "greater than or equal to 0"),
    Mistake("after_months: 24", "after_months: 24, on: 2027-01-01", 8, "exactly one of after_months, on"),
    Mistake("at: month-end", "at: end-of-month", 8, "'quarter-end' or 'year-end'"),
    Mistake("qualifying: {spendable: false}", "score: {spendable: false}", 9, "is taken"),
    Mistake("qualifying: {spendable: false}", "tier: {spendable: false}", 9, "is taken"),
    # lists, metrics, budgets, groups
    Mistake("{mcc: [6011, 7995]}", "{mcc: [60110]}", 11, "four digits"),
    Mistake("{mcc: [6011, 7995]}", "{mcc: [6011], names: [a]}", 11, "either mcc or names"),
    Mistake("{mcc: [6011, 7995]}", "[{mcc: [6011]}, {mcc: [6012]}]", 11, "`from`"),
    Mistake("{not_in: not-spending}", "{not_in: not-spendign}", 24, "did you mean 'not-spending'"),
    Mistake("{not_in: not-spending}", "{not_in: farmers}", 24, "holds names"),
    Mistake("sum: card.purchased.amount", "sum: card.purchased.amuont", 15, "no field of card.purchased"),
    Mistake("sum: card.purchased.amount", "sum: card.bought.amount", 15, "no event is called"),
    Mistake("over: calendar-month}\n  bills", "over: month}\n  bills", 15, "'calendar-month'"),
    Mistake("count: bill.paid", "total: bill.paid", 16, "expected one of the words"),
    Mistake(BALANCE, AVERAGE.replace("[demand]", "[demand], weights: {demnad: 2}"), 14, "did you mean 'demand'"),
    Mistake(BALANCE, AVERAGE.replace("[demand]", "[demand], weights: {demand: 0}"), 14, "above zero"),
    Mistake(BALANCE, AVERAGE.replace("[demand]", "[demand], overdrawn: half"), 14, "'zero' or 'negative'"),
    Mistake(BALANCE, AVERAGE.replace("[demand]", "[]"), 14, "at least one"),
    Mistake(BALANCE, AVERAGE.replace("calendar-month", "week"), 14, "'calendar-month'"),
    Mistake(BALANCE, AVERAGE.replace("calendar-month", "{days: 0}"), 14, "greater than or equal to 1"),
    Mistake(
        "count: bill.paid, over: calendar-month", "count: bill.paid, over: {days: 367}", 16, "less than or equal to 366"
    ),
    Mistake(
        "count: bill.paid, over: calendar-month", "count: bill.paid, over: {weeks: 2}", 16, "no word here is called"
    ),
    Mistake("count: bill.paid, over", "largest_outflow: some, over", 16, "'all'"),
    Mistake("count: bill.paid, over", "net_flow: {products: []}, over", 16, "at least one"),
    Mistake("count: bill.paid, over: calendar-month", "largest_inflow: all", 16, "'over' is missing"),
    Mistake("count: bill.paid, over: calendar-month", "days_since: [bill.payed]", 16, "did you mean 'bill.paid'"),
    Mistake("count: bill.paid, over: calendar-month", "count_distinct: branch, held: true", 16, "'product'"),
    Mistake(BALANCE, AVERAGE.replace("}, over", "}, so_far: 1, over"), 14, "expected true or false"),
    Mistake(BALANCE, AVERAGE.replace(", over: calendar-month", ""), 14, "'over' is missing"),
    Mistake("spring: {points: 1000}", "spring: {points: 1000, money: 5.00}", 18, "exactly one of points and money"),
    Mistake("spring: {points: 1000}", "spring: {money: 5.00}", 34, "points.reward.worth"),
    Mistake("spring: {points: 1000}", "spring: {points: -1000}", 18, "greater than or equal to 1"),
    Mistake("budget: spring", "budget: srping", 34, "did you mean 'spring'"),
    Mistake("one: {choose: best}", "one: {choose: biggest}", 20, "'best' or 'first'"),
    Mistake("    group: one\n", "", 20, "no rule is in the group 'one'"),
    Mistake("group: one", "group: two", 33, "no group is called 'two'"),
    # earning rules
    Mistake("id: twice", "id: card", 27, "is there twice"),
    Mistake("on: bill.paid", "on: bill.payed", 31, "did you mean 'bill.paid'"),
    Mistake("amount: {at_least: 1.00}", "amuont: {at_least: 1.00}", 24, "did you mean 'amount'"),
    Mistake("amount: {at_least: 1.00}", "on_time: true", 24, "card.purchased has no 'on_time'"),
    Mistake("amount: {at_least: 1.00}", "amount: {at_least: 1.005}", 24, "finer than a coin"),
    Mistake("amount: {at_least: 1.00}", "amount: {at_least: 5, at_most: 4}", 24, "no number lies in this range"),
    Mistake("amount: {at_least: 1.00}", "amount: {}", 24, "at least one of at_least"),
    Mistake("amount: {at_least: 1.00}", "tier: glod", 24, "did you mean 'gold'"),
    Mistake("amount: {at_least: 1.00}", "birthday: year", 24, "'day', 'week' or 'month'"),
    Mistake("amount: {at_least: 1.00}", "weekday: [funday]", 24, "'mon'"),
    Mistake("amount: {at_least: 1.00}", 'hours: {from: "25:00", until: "26:00"}', 24, "time of day"),
    Mistake("amount: {at_least: 1.00}", "nth: {is: 1, every: 2}", 24, "exactly one of"),
    Mistake("rate: 1 per 1.00, to: [reward", "rate: one per yuan, to: [reward", 25, "expected a rate such as"),
    Mistake("rate: 1 per 1.00, to: [reward", "rate: -1 per 1.00, to: [reward", 25, "expected a rate such as"),
    Mistake("rate: 1 per 1.00, to: [reward", "rate: 1 per 0, to: [reward", 25, "expected a rate such as"),
    Mistake("to: [reward, qualifying]", "to: [reward, qualifing]", 25, "did you mean 'qualifying'"),
    Mistake("to: [reward, qualifying]", "of: balance, to: reward", 25, "card.purchased has no 'balance'"),
    Mistake("to: [reward, qualifying]", "to: []", 25, "at least one"),
    Mistake("cap: {member-month: 100}", "cap: {member-month: 0}", 26, "greater than or equal to 1"),
    Mistake("cap: {member-month: 100}", "cap: {member-fortnight: 10}", 26, "did you mean 'member-month'"),
    Mistake("cap: {member-month: 100}", "cap: {member-month: 10.5}", 26, "whole number"),
    Mistake("cap: {member-month: 100}", "carry: true\n    rounding: up", 26, "only when rounding is down"),
    Mistake("cap: {member-month: 100}", "from: 2026-02-01\n    until: 2026-02-01", 27, "lies after `from`"),
    Mistake("multiply: {by: 2,", "award: {points: 1, to: reward}\n    multiply: {by: 2,", 27, "exactly one of award"),
    Mistake("multiply: {by: 2,", "multiply: {by: 1,", 29, "only above 1"),
    Mistake("multiply: {by: 2,", "multiply: {by: 0,", 29, "above zero"),
    Mistake("rules: [card]", "rules: [cards]", 29, "did you mean 'card'"),
    Mistake("award: {points: 5, to: reward}", "award: {points: 0, to: reward}", 32, "greater than or equal to 1"),
    Mistake("award: {points: 5, to: reward}", 'award: {points: "5", to: reward}', 32, "expected a whole number"),
    Mistake("award: {points: 5, to: reward}", "award: {point: 5, to: reward}", 32, "points, rate, bands"),
    Mistake("award: {points: 5, to: reward}", "award: 5 points", 32, "points, rate, bands"),
    Mistake("{up_to: 200.00", "{up_to: 50.00", 40, "bands rise"),
    Mistake("{up_to: 200.00, rate: 2", "{rate: 2", 40, "only the last band"),
    # rules at the close of periods
    *(
        Mistake("score:\n", f"  - {{id: m, every: calendar-month, {rule}}}\nscore:\n", 43, said)
        for rule, said in OF_PERIODS
    ),
    Mistake(
        "score:\n",
        "  - {id: m, every: calendar-week, award: {points: 1, to: reward}}\nscore:\n",
        43,
        "'calendar-month'",
    ),
    Mistake("score:\n", "  - {id: m, award: {points: 1, to: reward}}\nscore:\n", 43, "on, every"),
    Mistake("score:\n", "close: {after_days: 28}\nscore:\n", 43, "less than or equal to 27"),
    # score, tiers, benefits
    Mistake("{metric: deposits,", "{metric: deposit,", 44, "did you mean 'deposits'"),
    Mistake("points: 1 per 1000.00}", "points: 1 per full 1000.00}", 44, "leave out `full`"),
    Mistake("{deposits: 100.00}", "{depsits: 100.00}", 48, "did you mean 'deposits'"),
    Mistake("{deposits: 100.00}", "{deposits: 100.00, score: 9}", 48, "at most 1"),
    Mistake("{id: gold, any:", "{id: basic, any:", 48, "is there twice"),
    Mistake("- {id: basic}", "- {id: basic, any: [{score: 1}]}", 47, "the lowest tier asks for nothing"),
    Mistake("units: {gold: 2}", "units: {golden: 2}", 50, "did you mean 'gold'"),
    Mistake("units: {gold: 2}", "units: {gold: -2}", 50, "greater than or equal to 0"),
    Mistake("per: calendar-year}", "per: year}", 50, "'calendar-month'"),
    Mistake("network: car,", "network: car, discount: 150%,", 50, "percentage such as 50%"),
    # exchange
    Mistake("languages: [en, zh]", "exchange: {UDS: 7}", 6, "no currency"),
    Mistake("languages: [en, zh]", "exchange: {CNY: 1}", 6, "the program's own currency"),
    Mistake("languages: [en, zh]", "exchange: {USD: 0}", 6, "above zero"),
    Mistake("languages: [en, zh]", "exchange: {USD: [{from: 2026-01-01}]}", 6, "'rate' is missing"),
    Mistake(
        "languages: [en, zh]",
        "exchange: {USD: [{from: 2026-01-01, rate: 7}, {from: 2026-01-01, rate: 8}]}",
        6,
        "two rates of USD begin",
    ),
    # examples
    Mistake("expect: {reward: 10}", "expect: {refused: [too-son]}", 56, "did you mean 'too-soon'"),
    Mistake("expect: {reward: 10}", "expect: {left: {wsah: 1}}", 56, "did you mean 'wash'"),
    Mistake("expect: {reward: 10}", "expect: {rewrad: 10}", 56, "did you mean 'reward'"),
    Mistake("expect: {reward: 10}", "expect: {tier: silver}", 56, "no tier is called"),
    Mistake("expect: {reward: 10}", "expect: {grants: {lunch: 1}}", 56, "no benefit is called"),
    Mistake("expect: {reward: 10}", "expect: {metrics: {bill: 1}}", 56, "did you mean 'bills'"),
    Mistake("expect: {reward: 10}", "expect: {metrics: {bills: one}}", 56, "expected a number"),
    Mistake("expect: {reward: 10}", "expect: {metrics: bills}", 56, "expected numbers by metric"),
    Mistake("- card.purchased: {at", "- card.purchsed: {at", 54, "did you mean 'card.purchased'"),
    Mistake("amount: 5.00}\n      - close", "amuont: 5.00}\n      - close", 54, "did you mean 'amount'"),
    Mistake("amount: 5.00}\n      - close", "amount: 5.001}\n      - close", 54, "finer than"),
    Mistake("- close: 2026-02-28", "- clsoe: 2026-02-28", 55, "did you mean 'close'"),
    Mistake("- close: 2026-02-28", "- close: yesterday", 55, "expected the last day to close"),
    Mistake("- close: 2026-02-28", "- close: {at: 2026-02-28}", 55, "expected the last day to close"),
    Mistake("- close: 2026-02-28", "- close: 2026-02-28\n      - close: 2026-02-28", 56, "is closed already"),
    Mistake("- close: 2026-02-28", "- card.purchased: 2026-02-28", 55, "expected the event's fields"),
    *(Mistake(*one) for one in ABOUT_STANDING),
]
