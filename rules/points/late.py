"""Late events: what happened in a period that has closed.

Such an event is decided by the rules, the windows and the tiers of its own time, and what it earns is posted now. What
the closed periods would have been worth with it, less what they gave, is posted now too and names the period. A program
may count late events in the open period instead, or leave them to a person.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from rules.cause import Cause
from rules.commands import Command
from rules.context import Context
from rules.decision import Decision, Posting, Why
from rules.earn import LARGEST, Award
from rules.member import Member
from rules.metrics.counters import counted, counted_back, given_counter
from rules.moment import Moment
from rules.numbers import rounded
from rules.period_rules import awards, closes_on, ending, judged, label_of
from rules.periods import ONE_DAY, period_end, period_start, windows
from rules.points.caps import Caps
from rules.points.lots import in_order, unheld
from rules.points.moves import Move, give_points, post_move
from rules.points.recovery import taken_back
from rules.program import EarningRule, PeriodRule, Program
from schemas import events as e
from schemas.events import AnyEvent

CLOSED: Final[Why] = ("closed-period", "its period is closed, and the program leaves such events to a person")
REACH: Final = timedelta(days=731)
"""No closed period is put right that ended longer ago than this, whatever its rules could still read."""

_NEVER_LATE = (
    Command | e.CardRefunded | e.TransactionReversed | e.ReferralWelcomed
    | e.MemberEnrolled | e.MemberUpdated | e.MemberUnmerged
)  # fmt: skip


def placed(cause: Cause, member: Member, program: Program, closed_through: date | None) -> Cause | None:
    """The cause where the program counts it: its own time, or from the first open day; None where it is not decided."""
    if closed_through is None or program.periods.late == "adjust" or isinstance(cause.event, _NEVER_LATE):
        return cause
    if not _is_closed(program, counts_from(cause), closed_through):
        return cause
    if program.periods.late == "review":
        return None
    first_open = closed_through + ONE_DAY
    known = member.holdings.get(_account(cause.event))
    superseded = known is not None and known.business_date > cause.business_date
    return cause._replace(
        moment=cause.moment._replace(windows=windows(first_open)),
        business_date=cause.business_date if superseded else max(cause.business_date, first_open),
    )


def counts_from(cause: Cause) -> date:
    """The first day of which the event changes anything: of money that comes back the day of the original."""
    day, told = cause.moment.day, vars(cause.event.data)
    if cause.business_date < day and ("balance_minor" in told or "value_minor" in told):
        return cause.business_date
    return min(told.get("original_business_date") or day, day)


def _account(event: AnyEvent) -> str:
    told: dict[str, Any] = vars(event.data)
    return next((told[word] for word in ("account", "loan", "holding", "policy") if word in told), "")


def _is_closed(program: Program, day: date, closed_through: date) -> bool:
    """Whether the month of a day has closed, the first of the periods that hold it."""
    if day > closed_through:
        return False
    last = period_end(day, "month") - ONE_DAY
    return closes_on(program.in_force(last), last) <= closed_through


def put_right(cause: Cause, decision: Decision, program: Program, context: Context) -> None:
    """Posts what the event changes of what closed periods are worth. The draft has taken the event already."""
    closed = context.closed_through
    since = counts_from(cause)
    if closed is None or since > closed or program.periods.late != "adjust":
        return
    for version, last in _closed_months(program, since, closed):
        moment = version.evening(last)
        caps = Caps(version, moment.windows, context.budget_room, decision.budget_used)
        of_period = _Closed(version, moment, caps)
        for rule in ending(version, last):
            readable = period_start(last, rule.period) >= closed - rule.reopens
            for owing in _differences(rule, decision.member, moment) if readable else ():
                _settle(owing, of_period, cause, decision)


class _Closed(NamedTuple):
    """The last instant of a month that has closed, the version then in force, and what bounds what is put right."""

    program: Program
    moment: Moment
    caps: Caps


def _closed_months(program: Program, since: date, closed: date) -> Iterable[tuple[Program, date]]:
    """The last days of months that have closed, each with the version then in force."""
    last = period_end(max(since, closed - REACH), "month") - ONE_DAY
    while closes_on(program.in_force(last), last) <= closed:
        yield program.in_force(last), last
        last = period_end(last + ONE_DAY, "month") - ONE_DAY


class _Difference(NamedTuple):
    """What a rule would have given of a point type in a closed period, less what it gave: `points`, never 0."""

    rule: EarningRule
    point_type: str
    label: str
    award: Award | None
    given: int
    points: int


def _differences(rule: PeriodRule, member: Member, moment: Moment) -> Iterable[_Difference]:
    label = label_of(rule, moment)
    due = {a.point_type: a for a in awards(rule, member, moment)} if judged(rule, member, moment) else {}
    for point_type in rule.rule.targets:
        award = due.get(point_type)
        desired = rounded(award.basis * award.numerator, award.denominator, award.rule.rounding) if award else 0
        given = member.counters.get(given_counter(rule.rule.id, point_type, rule.period), {}).get(label, 0)
        if desired != given and desired <= LARGEST:
            yield _Difference(rule.rule, point_type, label, award, given, desired - given)


def _settle(owing: _Difference, of_period: _Closed, cause: Cause, decision: Decision) -> None:
    rule, point_type, version = owing.rule, owing.point_type, of_period.program
    move = Move(
        "adjusted", rule.id, point_type, owing.points,
        restriction=rule.restriction,
        period=owing.label,
        part=sum(p.rule_id == rule.id for p in decision.postings),
    )  # fmt: skip
    if owing.points < 0:
        move = _taken(move, rule, of_period, cause, decision)
        post_move(move, cause, decision, version)
    else:
        move = _with_room(move, rule, of_period, cause, decision.member)
        if move.points:
            give_points(move, cause, decision, version)
            decision.postings[-1] = _explained(decision.postings[-1], owing)
    for counter, period in (
        *version.points_counters.get(point_type, ()),
        *version.periods.given.get((rule.id, point_type), ()),
    ):
        counted(decision.member, counter, period, of_period.moment.windows, move.points)


def _with_room(move: Move, rule: EarningRule, of_period: _Closed, cause: Cause, member: Member) -> Move:
    """As much of it as the caps of the period have room for; nothing of what would have expired by now."""
    expires_on = of_period.program.point_types[move.point_type].expires(of_period.moment.day)
    if expires_on is not None and expires_on <= cause.moment.day:
        return move._replace(points=0)
    points, capped_by = of_period.caps.cut(rule, move.point_type, move.points, member)
    return move._replace(points=points, asked=move.points, capped_by=capped_by, expires_on=expires_on)


def _explained(posting: Posting, owing: _Difference) -> Posting:
    """What the period is worth, with what was given taken off before rounding. Half-even would round otherwise."""
    award = owing.award
    if award is None or award.rule.rounding == "half-even" or max(award[2:]) > LARGEST:
        return posting
    return posting._replace(
        basis=award.basis,
        rate_numerator=award.numerator,
        rate_denominator=award.denominator,
        carried=str(-owing.given),
        rounding=award.rule.rounding,
    )


def _taken(move: Move, rule: EarningRule, of_period: _Closed, cause: Cause, decision: Decision) -> Move:
    """As much of it as can be taken back, the rule's own lots first; the caps have its room again."""
    member = decision.member
    open_lots = in_order(unheld(member, member.open_lots().values()))
    candidates = [lot for lot in open_lots if lot.point_type == move.point_type and not lot.pending]
    candidates.sort(key=lambda lot: lot.rule_id != move.rule_id)
    move = taken_back(move, candidates, cause, decision, of_period.program)
    for line in rule.caps.get(move.point_type, ()):
        if line.period is not None:
            counted_back(member, line.counter, line.period, of_period.moment.windows, -move.points)
    return move
