"""The examples in a program file: what is given must come to what is expected."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from rules.cause import Cause
from rules.close import fall_due
from rules.decision import Decision, Refusal
from rules.identity import event_key
from rules.language.checks import problems
from rules.language.compile import compiled
from rules.language.given import BANK, MEMBER_ID, Given, NotGiven, new_member
from rules.language.grammar import Example, ProgramFile
from rules.language.load import read
from rules.language.measures import money_measures
from rules.language.problems import Path, Problem
from rules.member import Member
from rules.memory import Memory
from rules.moment import Moment
from rules.periods import ONE_DAY
from rules.program import Program, Programs
from rules.spending.benefits import entitle
from schemas.events import AnyEvent, BusinessDayClosed

UNLIMITED: Final = "unlimited"


def failures(text: str, name: str = "program") -> list[Problem]:
    """Every expectation of a program's examples that is not met, with its place; empty when all are.

    Raises ProgramRefused when the program does not load.
    """
    file, source = read(text, name)
    found = problems(file)
    if found:
        raise source.placed(found)
    program = Programs([compiled(file, text)]).versions[0]
    unmet = [one for i, example in enumerate(file.examples) for one in _unmet(example, i, file, program)]
    return source.placed(unmet).problems


def _unmet(example: Example, number: int, file: ProgramFile, program: Program) -> Iterable[Problem]:
    path: Path = ("examples", number)
    try:
        events = Given(file.time_zone, file.currency).events(example, path)
    except NotGiven as error:
        yield from error.problems
        return
    member, units, refused = _through(events, example, program)
    for i, refusal in refused if "refused" not in example.expect else ():
        yield Problem((*path, "given", i), f"{example.name}: this event is refused: {refusal.detail}")
    moment = program.moment(events[-1].occurred_at)
    found: dict[str, Mapping[str, Any]] = {
        "grants": units,
        "metrics": _metrics(member, moment, file, program),
        "left": _left(member, moment),
        "pending": {name: balance.pending for name, balance in member.balances.items()},
    }
    for word, expected in example.expect.items():
        where: Path = (*path, "expect", word)
        match word:
            case "tier":
                yield from _compared(member.tier, expected, where, example)
            case "refused":
                yield from _compared([refusal.reason for _, refusal in refused], expected, where, example)
            case "grants" | "metrics" | "left" | "pending":
                for name, asked in expected.items():
                    yield from _compared(found[word].get(name, 0), asked, (*where, name), example)
            case _:
                points = member.balances[word].total if word in member.balances else 0
                yield from _compared(points, expected, where, example)


def _metrics(member: Member, moment: Moment, file: ProgramFile, program: Program) -> dict[str, Decimal]:
    """Each metric at the end, in the program's own words: money in main units."""
    money = money_measures(file)
    return {
        name: Decimal(read(member, moment)).scaleb(-program.exponent if name in money else 0)
        for name, read in program.metrics.items()
    }


def _left(member: Member, moment: Moment) -> dict[str, int | str]:
    """Units of each benefit that can be used on the last day."""
    open_ = [grant for grant in member.grants.values() if grant.valid_from <= moment.day < grant.valid_until]
    left: Counter[str] = Counter()
    for grant in open_:
        left[grant.benefit_id] += grant.left or 0
    return {**left, **{grant.benefit_id: UNLIMITED for grant in open_ if grant.left is None}}


def _compared(got: Any, expected: Any, path: Path, example: Example) -> Iterable[Problem]:
    if got != expected:
        yield Problem(path, f"{example.name}: expected {path[-1]} {expected}, got {got}")


def _through(
    events: list[AnyEvent], example: Example, program: Program
) -> tuple[Member, dict[str, int | str], list[tuple[int, Refusal]]]:
    """The member after the events, the units granted by benefit, and the events refused, by their number."""
    memory = Memory(Programs([program]), BANK)
    memory.members[MEMBER_ID] = _begun(events[0], example, program)
    decisions = [(i, one) for i, event in enumerate(events) for one in _decided(event, memory, program)]
    units: Counter[str] = Counter()
    unlimited: dict[str, int | str] = {}
    for grant in (grant for _, one in decisions for grant in one.grants):
        units[grant.benefit_id] += grant.units or 0
        if grant.units is None:
            unlimited[grant.benefit_id] = UNLIMITED
    refused = [(i, one.refusal) for i, one in decisions if one.refusal]
    return memory.members[MEMBER_ID], {**units, **unlimited}, refused


def _decided(event: AnyEvent, memory: Memory, program: Program) -> Iterable[Decision]:
    key = event_key(BANK, event.source, event.id)
    if isinstance(event, BusinessDayClosed):
        return memory.close(event, key)
    return memory.told(event, key, program)


def _begun(first: AnyEvent, example: Example, program: Program) -> Member:
    """The example's member, who has what its tier grants already."""
    moment = program.moment(first.occurred_at)
    member = new_member(example.member, moment.day)
    entitle(Cause(first, bytes(16), moment, first.occurred_at, moment.day), Decision(member), program)
    fall_due(member, program, moment.day - ONE_DAY)
    return member
