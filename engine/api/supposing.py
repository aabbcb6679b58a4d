"""What would be if: the pure rules on a member's state, its lots and the room that budgets have."""

from collections import Counter
from datetime import date
from typing import Any, Final, get_args

import orjson
from pydantic import ValidationError

from engine.api.house import House
from engine.api.problems import Problem, pointer
from engine.api.viewing import View
from engine.intake import place
from engine.store.past import open_lots
from engine.store.sql import statement
from rules.context import Context
from rules.decision import Posting
from rules.explain.posting import explained
from rules.points.pending import THINGS
from rules.what_if import Hypothetical, Outcome, what_if
from schemas.api import members as told
from schemas.event import Event
from schemas.message import SOURCE

KINDS: Final[dict[str, type[Event]]] = {
    model.model_fields["type"].default.removesuffix(".v1"): model for model in get_args(Hypothetical)
}
DAYS_MAX: Final = 366
MADE_UP: Final = "what-if"
"""The name of an account, card or policy that the question does not name."""
_NAMES: Final = (*THINGS, "card", "merchant", "biller")


async def supposed(question: told.Question, view: View, house: House) -> told.Answer:
    """Problem where the question is none that can be answered."""
    today = view.moment.day
    if question.through is not None and not 0 <= (question.through - today).days <= DAYS_MAX:
        raise Problem("invalid-request", f"body /through: a day from {today} on, at most {DAYS_MAX} days ahead")
    event = _event(question, view)
    view.member.lots = await open_lots(view.session, view.member)
    view.member.origins = {}
    context = await _context(view, house)
    return _answer(what_if(event, view.member, view.program, context, question.through), view)


def _event(question: told.Question, view: View) -> Any:
    """The event that the question is about, at this moment."""
    model = KINDS.get(question.type)
    if model is None:
        raise Problem("invalid-request", f"body /type: one of {', '.join(sorted(KINDS))}")
    fields = model.model_fields["data"].annotation.model_fields  # type: ignore[union-attr]  # a model
    left_out = dict.fromkeys(_NAMES, MADE_UP) | {"currency": view.program.currency}
    data = {name: value for name, value in left_out.items() if name in fields} | question.data
    told_as = {
        "id": MADE_UP, "source": SOURCE, "subject": view.member.member_id, "time": view.moment.local, "data": data,
    }  # fmt: skip
    try:
        return model.model_validate_json(orjson.dumps(told_as))
    except ValidationError as error:
        errors = [
            {"in": "body", "pointer": pointer(one["loc"]), "detail": one["msg"]}
            for one in error.errors(include_input=False, include_url=False)
        ]
        raise Problem("invalid-request", f"body {errors[0]['pointer']}: {errors[0]['detail']}", errors=errors) from None
    except TypeError as error:  # a number or a text that no event can have
        raise Problem("invalid-request", f"body /data: {error}") from None


async def _context(view: View, house: House) -> Context:
    """The last day closed for the member, and what is left of each budget in all lanes together."""
    bank, places = view.member.bank, house.door.places
    partition = place(f"{bank}/{view.member.member_id}".encode(), house.door.partitions)
    found = await house.pool.fetch(
        statement("what_if_context"), bank, places.events_topic, partition, places.generation
    )
    closed = next((row["closed"] for row in found if row["budget_id"] is None), None)
    room = {row["budget_id"]: row["room"] for row in found if row["budget_id"] is not None}
    return Context(room, date.fromisoformat(closed) if closed else None)


def _answer(found: Outcome, view: View) -> told.Answer:
    if found.refusal is not None:
        return told.Answer(refused=found.refusal.detail, tier=found.tier, tier_otherwise=found.tier_otherwise)
    points: Counter[str] = Counter()
    for posting, more in (*((p, p.points) for p in found.postings), *found.later):
        points[posting.point_type] += more
    return told.Answer(
        now=tuple(_earned(p, p.points, view) for p in found.postings),
        later=tuple(_earned(one.posting, one.more, view) for one in found.later),
        points=dict(points),
        tier=found.tier,
        tier_otherwise=found.tier_otherwise,
        grants=tuple(grant.benefit_id for grant in found.grants),
    )


def _earned(posting: Posting, points: int, view: View) -> told.Earned:
    program = view.version(posting.program_hash)
    text = explained(posting, program, view.say.language).text if points == posting.points else None
    return told.Earned(
        point_type=posting.point_type,
        points=points,
        rule=posting.rule_id,
        label=view.say.rule(posting.rule_id),
        on=posting.event_day,
        explanation=text,
    )
