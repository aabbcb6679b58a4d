"""How many points an event earns: base, bonus, multipliers, then caps and rounding. Always in this order."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd
from typing import Any, Final, NamedTuple

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision, Posting
from rules.identity import derived
from rules.member import NO_BALANCE, Balance, Member
from rules.members.freezing import earns
from rules.metrics.counters import counted
from rules.moment import Moment
from rules.numbers import rounded
from rules.parts import Nth
from rules.periods import ONE_DAY
from rules.points.activity import active
from rules.points.caps import Caps
from rules.points.lots import lot_of, take
from rules.points.moves import put_aside
from rules.points.pending import in_parts, thing_of
from rules.program import NO_RULES, EarningRule, Program, RulesOn

LARGEST: Final = 2**53
"""No posting, and no number that explains it, is larger; balances of such postings fit the ledger's 64 bits."""


class PointsOutOfRange(Exception):
    """An award larger than the ledger takes: a mistake of the program or of the event, refused as a whole."""


class Award(NamedTuple):
    """What a rule gives of one point type before caps: exactly basis × numerator ÷ denominator."""

    rule: EarningRule
    point_type: str
    basis: int
    numerator: int
    denominator: int


def earn(cause: Cause, decision: Decision, program: Program, context: Context) -> None:
    """Adds what the event earns; the draft takes the points, its counters and its fractions."""
    rules = program.rules_on.get(cause.event.type)
    if rules is not None and (decision.member.frozen is None or earns(cause, decision)):
        caps = None
        if rules.bounded:
            caps = Caps(program, cause.moment.windows, context.budget_room, decision.budget_used)
        for award in _awards(cause, decision.member, program, rules):
            post(award, cause, decision, program, caps)


def _awards(cause: Cause, member: Member, program: Program, rules: RulesOn) -> list[Award]:
    data, moment = cause.event.data, cause.moment
    if rules.of is not None:
        rules = rules.of(data)
    given: list[Award] = []
    grouped = False
    for rule in rules.awards:
        if not rule.applies(data, member, moment):
            continue
        if rule.nth is not None and not _has_its_turn(rule.nth, member, moment):
            continue
        worth = rule.worth(data) if rule.worth else None
        if worth is not None:
            grouped = grouped or rule.group is not None
            basis, numerator, denominator = worth
            for point_type in rule.targets:  # nearly always one: a list of it takes as long as the award
                given.append(Award(rule, point_type, basis, numerator, denominator))  # noqa: PERF401
    if grouped:
        given = _chosen(given, program)
    if given and rules.multipliers:
        given += _extras(given, rules.multipliers, cause, member, program)
    return given


def ordinary_awards(type_: str, data: Any, member: Member, moment: Moment, program: Program) -> list[Award]:
    """What the base rules alone give of an event of this type, before caps; no rule that counts turns is asked."""
    rules = program.rules_on.get(type_, NO_RULES).awards
    asked = [r for r in rules if r.kind == "base" and r.nth is None and r.applies(data, member, moment)]
    worths = [(rule, rule.worth(data)) for rule in asked if rule.worth]
    return _chosen([Award(rule, to, *worth) for rule, worth in worths if worth for to in rule.targets], program)


def _has_its_turn(nth: Nth, member: Member, moment: Moment) -> bool:
    count = counted(member, nth.counter, nth.period, moment.windows, 1)
    return count % nth.turn == 0 if nth.repeats else count == nth.turn


def _chosen(awards: list[Award], program: Program) -> list[Award]:
    """One rule of each exclusive group: the one worth most, or the first by priority, then id."""
    totals: dict[str, dict[str, Fraction]] = {}
    order: dict[str, tuple[int, str]] = {}
    for a in awards:
        if a.rule.group is not None:
            worth = totals.setdefault(a.rule.group, {})
            worth[a.rule.id] = worth.get(a.rule.id, Fraction(0)) + Fraction(a.basis * a.numerator, a.denominator)
            order[a.rule.id] = (a.rule.priority, a.rule.id)
    winners = {
        group: min(worth, key=lambda id_: (-worth[id_] if program.group_choice[group] == "best" else 0, order[id_]))
        for group, worth in totals.items()
    }
    return [a for a in awards if a.rule.group is None or winners[a.rule.group] == a.rule.id]


def _extras(
    given: list[Award], multipliers: Sequence[EarningRule], cause: Cause, member: Member, program: Program
) -> list[Award]:
    """Multipliers add their extras of what base and bonus gave; a compound one also multiplies the extras before it."""
    data, moment = cause.event.data, cause.moment
    applying: list[EarningRule] = []
    grouped = False
    for rule in multipliers:
        if rule.applies(data, member, moment) and (rule.nth is None or _has_its_turn(rule.nth, member, moment)):
            grouped = grouped or rule.group is not None
            applying.append(rule)
    extras: list[Award] = []
    for rule in _one_a_group(applying, program) if grouped else applying:
        for point_type in rule.targets:
            before = given + extras if rule.compound else given
            extra = _extra(rule, point_type, before)
            if extra is not None:
                extras.append(extra)
    if not extras or program.extra_at_most is None:
        return extras
    return list(_within_most(extras, given, program.extra_at_most))


def _one_a_group(rules: list[EarningRule], program: Program) -> Iterable[EarningRule]:
    best: dict[str, EarningRule] = {}
    for rule in sorted(rules, key=lambda r: (r.priority, r.id)):
        if rule.group:
            held = best.setdefault(rule.group, rule)
            if program.group_choice[rule.group] == "best" and rule.extra > held.extra:
                best[rule.group] = rule
    return [rule for rule in rules if rule.group is None or best[rule.group] is rule]


def _extra(rule: EarningRule, point_type: str, before: list[Award]) -> Award | None:
    """One extra award on all that was given of the point type, exactly."""
    parts = [
        a for a in before if a.point_type == point_type and (rule.multiplies is None or a.rule.id in rule.multiplies)
    ]
    more, of = rule.extra.as_integer_ratio()
    if not parts or more <= 0:
        return None
    basis, numerator, denominator = _total(parts)
    numerator, denominator = numerator * more, denominator * of
    shared = gcd(numerator, denominator)
    return Award(rule, point_type, basis, numerator // shared, denominator // shared)


def _total(parts: list[Award]) -> tuple[int, int, int]:
    """What awards come to together: basis × numerator ÷ denominator, in whole numbers since fractions are slow."""
    if len(parts) == 1:
        return parts[0][2:]
    numerator, denominator = 0, 1
    for _, _, basis, a, b in parts:
        numerator, denominator = numerator * b + basis * a * denominator, denominator * b
    return 1, numerator, denominator


def _within_most(extras: list[Award], given: list[Award], most: Fraction) -> Iterable[Award]:
    """Cuts extras, the last first, so that together they are at most `most` times what base and bonus gave."""
    room: dict[str, Fraction] = {}
    for a in given:
        room[a.point_type] = room.get(a.point_type, Fraction(0)) + Fraction(a.basis * a.numerator, a.denominator) * most
    for a in extras:
        exact = Fraction(a.basis * a.numerator, a.denominator)
        taken = min(exact, room[a.point_type])
        room[a.point_type] -= taken
        if taken == exact:
            yield a
        elif taken:
            yield Award(a.rule, a.point_type, 1, taken.numerator, taken.denominator)


def post(award: Award, cause: Cause, decision: Decision, program: Program, caps: Caps | None) -> None:
    """Adds an award's posting, cut to its caps if it may have any; none where it comes to no point."""
    rule, point_type, basis, numerator, denominator = award
    member = decision.member
    desired, carried = _desired(award, member)
    if not desired:
        return
    points, capped_by = caps.cut(rule, point_type, desired, member) if caps is not None else (desired, None)
    day, told = cause.moment.day, vars(cause.event.data)
    waits = rule.pending is not None and rule.pending.waits(day)
    available, absorbed = (put_aside if waits else _credit)(member, point_type, points)
    # Posting(...) would take three times as long: it fills in what is left out by a function of Python's own.
    row = (
        derived(cause.key, f"{rule.id}:{point_type}"), member.bank, member.member_id, member.version, cause.key,
        rule.id, rule.kind, program.mark, program.semantics, point_type, points, desired, capped_by, basis, numerator,
        denominator, carried, rule.rounding, day, cause.business_date, cause.occurred_at,
        program.point_types[point_type].expires(day), rule.restriction, told.get("mcc"), available,
        told.get("amount_minor"), None, None, None, None, cause.exchange_rate, 0, None,
    )  # fmt: skip
    keep = _keep_specially if rule.special else _keep
    keep(Posting._make(row), absorbed, cause, decision, program)


def _keep_specially(posting: Posting, absorbed: int, cause: Cause, decision: Decision, program: Program) -> None:
    """As `_keep`, for what is given for a thing, waits, or expires otherwise than by its day alone."""
    rule, member, day = program.rules[posting.rule_id], decision.member, posting.event_day
    thing = thing_of(cause.event.data) if rule.pending or rule.taken_back_by else None
    expires_on = program.point_types[posting.point_type].expires_for(member.tier, day)
    posting = posting._replace(thing=thing, expires_on=expires_on)
    active(member, posting.point_type, day, program)
    if rule.pending is None or not rule.pending.waits(day):
        _keep(posting, absorbed, cause, decision, program)
        return
    for part in in_parts(posting, rule.pending, program):
        _add(part, 0, decision)
        if part.releases_on is not None:
            member.falls_due(part.releases_on - ONE_DAY)
        if rule.pending.counts_at_once:
            _feed(part, cause, member, program)


def _feed(posting: Posting, cause: Cause, member: Member, program: Program) -> None:
    """The metrics that count points of the posting's type, and what period rules count of its rule."""
    for counter, period in program.points_counters.get(posting.point_type, ()) if posting.points else ():
        counted(member, counter, period, cause.moment.windows, posting.points)
    for counter, period in program.periods.given.get((posting.rule_id, posting.point_type), ()):
        counted(member, counter, period, cause.moment.windows, posting.points)


def _keep(posting: Posting, absorbed: int, cause: Cause, decision: Decision, program: Program) -> None:
    """Adds the posting, which metrics of points count at once."""
    _add(posting, absorbed, decision)
    if program.points_counters or program.periods.given:
        _feed(posting, cause, decision.member, program)


def _add(posting: Posting, absorbed: int, decision: Decision) -> None:
    """Adds the posting; the lot that it is, less what of it filled the member's deficit, where lots are known."""
    member = decision.member
    decision.postings.append(posting)
    if posting.expires_on is not None and posting.points:
        member.falls_due(posting.expires_on - ONE_DAY)
    if member.lots is not None and posting.points:
        member.lots[posting.posting_id] = lot_of(posting)
    if member.origins is not None:
        member.origins[posting.event_key] = (*member.origins.get(posting.event_key, ()), posting)
    if absorbed:
        take(decision, posting.posting_id, lot_of(posting), absorbed)


def _desired(award: Award, member: Member) -> tuple[int, str | None]:
    """Whole points before caps, and the fraction from before that they include. Raises PointsOutOfRange."""
    rule, point_type, basis, numerator, denominator = award
    if rule.carry:
        desired, carried = _with_carry(award, member)
    else:
        desired, carried = rounded(basis * numerator, denominator, rule.rounding), None
    if desired > LARGEST or basis > LARGEST or numerator > LARGEST or denominator > LARGEST:
        raise PointsOutOfRange(f"{rule.id} would give {desired} of {point_type}")
    return desired, carried


def _with_carry(award: Award, member: Member) -> tuple[int, str | None]:
    """Whole points of the award and the fraction carried from before; what is left is carried on."""
    key = f"{award.rule.id}:{award.point_type}"
    before = member.carried.get(key)
    exact = Fraction(award.basis * award.numerator, award.denominator) + Fraction(before or 0)
    whole = exact.numerator // exact.denominator
    member.carried = {**member.carried, key: str(exact - whole)}
    return whole, before


def _credit(member: Member, point_type: str, points: int) -> tuple[int, int]:
    """New points first fill what the member owes, then are available; answers what is available and what was owed."""
    held = member.balances.get(point_type, NO_BALANCE)
    if not points:
        return held.available, 0
    absorbed = min(points, held.deficit) if held.deficit else 0
    after = Balance(held.available + points - absorbed, held.pending, held.held, held.deficit - absorbed)
    member.balances = {**member.balances, point_type: after}
    return after.available, absorbed
