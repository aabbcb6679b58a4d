"""Every rule that an event could have earned with: what it gave, or why it gave nothing."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from rules.decision import Decision
from rules.explain.say import Say, number
from rules.language import grammar as g
from rules.language.conditions import When
from rules.language.matching import condition
from rules.member import Member
from rules.moment import Moment
from rules.points.exchange import converted
from rules.program import NO_RULES, EarningRule, Program
from schemas.events import AnyEvent

Outcome = Literal["gave", "not-met", "not-its-turn", "worth-nothing", "another-of-its-group", "no-whole-point"]


class Considered(NamedTuple):
    """`asked` are the conditions that were not met, as the program says them; `points` what was given, by type."""

    rule_id: str
    outcome: Outcome
    asked: tuple[str, ...] = ()
    points: tuple[tuple[str, int], ...] = ()

    def text(self, say: Say) -> str:
        points = ", ".join(say.points(points, name) for name, points in self.points)
        return say(f"rule-{self.outcome}", points=points, asked="; ".join(self.asked))


def considered(
    event: AnyEvent, member: Member, program: Program, file: g.ProgramFile, decision: Decision
) -> list[Considered]:
    """In the order in which they are asked. `member` is as it was before, `file` what `program` was made of."""
    rules = program.rules_on.get(event.type, NO_RULES)
    moment = program.moment(event.occurred_at)
    told = converted(event, program, moment.day, member)
    before = _as_judged(member, decision)
    asked = _Asked(file, program, before, moment, decision)
    return [asked.rule(rule, told[0].data) for rule in (*rules.awards, *rules.multipliers)] if told else []


def _as_judged(member: Member, decision: Decision) -> Member:
    """With the tier that a member has as soon as it is seen."""
    first = next((change.to_tier for change in decision.tier_changes if change.reason == "first-seen"), None)
    judged = member.draft()
    judged.tier = member.tier or first
    return judged


class _Asked(NamedTuple):
    file: g.ProgramFile
    program: Program
    member: Member
    moment: Moment
    decision: Decision

    def rule(self, rule: EarningRule, data: Any) -> Considered:
        earned = [p for p in self.decision.postings if p.rule_id == rule.id and p.kind == rule.kind]
        if earned:
            return Considered(rule.id, "gave", points=tuple((p.point_type, p.points) for p in earned))
        if not rule.applies(data, self.member, self.moment):
            return Considered(rule.id, "not-met", tuple(self._unmet(rule.id, data)))
        if rule.nth is not None and not self._came(rule):
            return Considered(rule.id, "not-its-turn", (f"nth: {rule.nth.turn} per {rule.nth.period}",))
        if rule.worth is not None and rule.worth(data) is None:
            return Considered(rule.id, "worth-nothing")
        if rule.group is not None and any(self._group(p.rule_id) == rule.group for p in self.decision.postings):
            return Considered(rule.id, "another-of-its-group", (rule.group,))
        return Considered(rule.id, "no-whole-point")

    def _group(self, rule_id: str) -> str | None:
        rule = self.program.rules.get(rule_id)
        return rule.group if rule else None

    def _came(self, rule: EarningRule) -> bool:
        """Whether the event, which the counter counts by now, was the one that is meant."""
        if rule.nth is None:
            return True
        label = getattr(self.moment.windows, rule.nth.period)
        count = self.decision.member.counters.get(rule.nth.counter, {}).get(label, 0)
        return count % rule.nth.turn == 0 if rule.nth.repeats else count == rule.nth.turn

    def _unmet(self, rule_id: str, data: Any) -> Iterable[str]:
        """Each condition is asked alone, as the rule author wrote it."""
        file, written = self.file, next(one for one in self.file.earn if one.id == rule_id)
        when = written.when if isinstance(written, g.EarningRule) else None
        for word in sorted(when.model_fields_set - {"nth"}) if when else ():
            alone = When.model_construct(**{word: getattr(when, word)})
            if not condition(alone, file.lists, self.program.exponent)(data, self.member, self.moment):
                yield f"{word}: {_plain(getattr(when, word))}"
        days = condition(None, file.lists, self.program.exponent, written.from_day, written.until)
        if not days(data, self.member, self.moment):
            yield f"from {written.from_day} until {written.until}"


def _plain(value: Any) -> str:
    match value:
        case BaseModel():
            parts = {name: getattr(value, name) for name in type(value).model_fields if name in value.model_fields_set}
            return "{" + ", ".join(f"{name}: {_plain(part)}" for name, part in parts.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(_plain(part) for part in value) + "]"
        case bool():
            return str(value).lower()
        case _:
            return number(value) if hasattr(value, "numerator") else str(value)
