"""Period rules: what a month, a quarter or a year earns, given when it has closed.

A period closes some days past its last one, so that what arrives late is still in it. Its points are dated on its last
instant and given by the version then in force; what a rule asks of the member is judged at the close of its last day.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import lru_cache

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision
from rules.earn import Award, PointsOutOfRange, post
from rules.identity import derived
from rules.member import Member
from rules.metrics.counters import counted
from rules.moment import Moment
from rules.periods import ONE_DAY, PeriodName, period_end, period_start
from rules.points.caps import Caps
from rules.program import PeriodRule, Program

ENDING: tuple[PeriodName, ...] = ("month", "quarter", "year")
"""The periods that rules may have. Each ends with a month."""


def next_day(member: Member, program: Program, after: date) -> date | None:
    """The next day on which a rule is judged or a period closes that is worth something as the member now stands."""
    if not program.closes_periods:
        return None
    month_before = after.replace(day=1) - ONE_DAY  # its close may be still to come
    lasts = {month_before, *_lasts(program, after), *_lasts(program, after + ONE_DAY)}
    days = [day for last in lasts for day in _acts_on(member, program.in_force(last), last) if day > after]
    return min(days, default=None)


def _lasts(program: Program, day: date) -> set[date]:
    """The last days of the periods that hold a day, and of the first ones that its rules count."""
    holding = {period_end(day, period) - ONE_DAY for period in ENDING}
    counted_first = {_first_last(rule, day) for rule in program.in_force(day).periods.rules}
    return holding | {last for last in counted_first if last is not None}


def _first_last(rule: PeriodRule, day: date) -> date | None:
    """The last day of the first period that the rule counts and that does not end before a day."""
    start = period_start(max(day, rule.first), rule.period)
    if start < rule.first:
        start = period_end(start, rule.period)
    last = period_end(start, rule.period) - ONE_DAY
    return last if last < rule.until else None


def _acts_on(member: Member, program: Program, last: date) -> Iterable[date]:
    moment = program.evening(last)
    for rule in ending(program, last):
        if any(awards(rule, member, moment)) and rule.rule.applies(None, member, moment):
            yield from (last, closes_on(program, last)) if rule.judged else (closes_on(program, last),)


def closes_on(program: Program, last: date) -> date:
    """The day whose close closes the periods with that last day. `program` is in force on the last day."""
    return last + timedelta(days=program.periods.after_days)


def ending(program: Program, last: date) -> Iterable[PeriodRule]:
    """The rules of the version that count a period with that last day: the whole of it lies within their days."""
    for rule in program.periods.rules:
        ends = period_end(last, rule.period) - ONE_DAY == last
        if ends and rule.first <= period_start(last, rule.period) and last < rule.until:
            yield rule


def fall_due(day: date, decision: Decision, program: Program, context: Context) -> None:
    """Something of that day may count for rules: the draft falls due when the first of them looks at it.

    Of a closed period the rules have looked already; what lasts beyond it, those of the first open day will see.
    """
    if not program.closes_periods:
        return
    closed = context.closed_through or date.min
    for from_day in (day,) if day > closed else (day, closed + ONE_DAY):
        for due in _days_of(program, from_day):
            if due > closed:
                decision.member.falls_due(due)
                break


@lru_cache(maxsize=1024)
def _days_of(program: Program, day: date) -> Sequence[date]:
    """The days on which rules look at what may have happened on a day."""
    days: set[date] = set()
    for last in _lasts(program, day):
        version = program.in_force(last)
        for rule in ending(version, last):
            days |= {last, closes_on(version, last)} if rule.judged else {closes_on(version, last)}
    return sorted(days)


def close_periods(cause: Cause, decision: Decision, program: Program, context: Context) -> None:
    """Judges the member for the periods that end with the day, and gives what those are worth that close with it."""
    day, member = cause.moment.day, decision.member
    for rule in ending(program, day):
        if rule.judged:
            yes = rule.rule.applies(None, member, cause.moment)
            counted(member, _judgement(rule), rule.period, cause.moment.windows, int(yes))
    for last in (day, day.replace(day=1) - ONE_DAY):
        version = program.in_force(last)
        if (last + ONE_DAY).day == 1 and closes_on(version, last) == day:
            _give(last, cause, decision, version, context)


def _give(last: date, cause: Cause, decision: Decision, program: Program, context: Context) -> None:
    moment, member = program.evening(last), decision.member
    caps = Caps(program, moment.windows, context.budget_room, decision.budget_used)
    for rule in ending(program, last):
        of_period = cause._replace(
            key=period_key(rule, member, moment), moment=moment, occurred_at=moment.local, business_date=last
        )
        for award in awards(rule, member, moment) if judged(rule, member, moment) else ():
            with suppress(PointsOutOfRange):  # no event is to blame that could be refused
                post(award, of_period, decision, program, caps)


def period_key(rule: PeriodRule, member: Member, moment: Moment) -> bytes:
    """What names the period for the member: whatever closes it, it gives a rule's points once."""
    return derived(f"{member.bank}/{member.member_id}".encode(), f"period:{label_of(rule, moment)}")


def label_of(rule: PeriodRule, moment: Moment) -> str:
    label: str = getattr(moment.windows, rule.period)
    return label


def judged(rule: PeriodRule, member: Member, moment: Moment) -> bool:
    """Whether the member was what the rule asks for when the period ended; if nobody looked then, whether it is now."""
    if not rule.judged:
        return True
    found = member.counters.get(_judgement(rule), {}).get(label_of(rule, moment))
    return rule.rule.applies(None, member, moment) if found is None else bool(found)


def _judgement(rule: PeriodRule) -> str:
    return f"judged:{rule.rule.id}"


def awards(rule: PeriodRule, member: Member, moment: Moment) -> Iterable[Award]:
    """What the period is worth by the rule, before caps."""
    for point_type in rule.rule.targets:
        worth = rule.awards(member, moment, point_type)
        if worth is not None and worth[0]:
            yield Award(rule.rule, point_type, *worth)
