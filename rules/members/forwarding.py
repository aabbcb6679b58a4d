"""Events go to other members: on to the one that a member merged into, or to one that knows the time before."""

import json
from collections.abc import Sequence
from typing import Any, Final

from rules.decision import Decision, Why
from rules.identity import derived, event_key
from schemas.event import Event
from schemas.events import MODELS, AnyEvent, EventForwarded, MemberAbsorbed
from schemas.events.merges import EVENT_MAX, HOPS_MAX, Forwarding, MoneyReturned, Taking
from schemas.message import SOURCE

TO_MEMBERS: Final = "m-"
"""With this begins the id of each event that one member's decision says to another."""


def pass_on(
    event: AnyEvent, key: bytes, decision: Decision, returned: MoneyReturned | None = None, number: int = 0
) -> Why | None:
    """Sends an event on to the member that this one merged into, with what was worked out here."""
    member = decision.member
    passed = event.data if isinstance(event, EventForwarded) else whole(event, member.member_id, 0)
    if passed.hops >= HOPS_MAX:
        return "merge-not-possible", f"merges from {passed.member} go in a circle; un-merge one of them"
    if len(passed.event) > EVENT_MAX:
        return "merge-not-possible", f"an event of more than {EVENT_MAX} characters is not forwarded"
    changes = {"returned": returned, "asked": None} if returned else {}
    data = passed.model_copy(update={"hops": passed.hops + 1, **changes})
    into = envelope(derived(key, f"forwarded{number or ''}"), member.merged_into or "", event)
    decision.sent += (EventForwarded(**into, data=data),)
    return None


def ask(event: AnyEvent, key: bytes, decision: Decision, whom: Sequence[str], taking: Taking | None = None) -> None:
    """Asks other members, one after the other, to work out what they alone can know. Bounds: at least one."""
    first, *others = whom
    data = whole(event, decision.member.member_id, 1).model_copy(update={"asked": tuple(others), "taking": taking})
    decision.sent += (EventForwarded(**envelope(derived(key, "asked"), first, event), data=data),)


def ask_next(passed: Forwarding, event: AnyEvent, key: bytes, decision: Decision) -> None:
    """Asks the next one; where there is none, tells who asked of what nobody knows."""
    if passed.taking is not None and not passed.asked and not passed.taking.waiting:
        return
    to, *others = passed.asked or (passed.member,)
    of = {"asked": tuple(others)} if passed.asked else {"asked": None, "unknown": True}
    into = envelope(derived(key, f"asked:{to}"), to, event)
    decision.sent += (EventForwarded(**into, data=passed.model_copy(update=of)),)


def send_on(event: MemberAbsorbed, to: str, key: bytes, decision: Decision, changes: dict[str, Any]) -> None:
    """What came by a merge, or back after one, belongs to another by now."""
    told = event.data.model_copy(update=changes)
    decision.sent += (MemberAbsorbed(**envelope(derived(key, "forwarded"), to, event), data=told),)


def whole(event: AnyEvent, member_id: str, hops: int) -> Forwarding:
    """An event as it is forwarded."""
    return Forwarding.model_construct(member=member_id, hops=hops, event=event.model_dump_json(exclude_none=True))


def forwarded(event: EventForwarded) -> AnyEvent | None:
    """The event inside, as one about the survivor; None where the engine did not send it or it cannot be read."""
    try:
        inner = json.loads(event.data.event)
        model: type[Event] = MODELS[inner["type"]]
        found = model.model_validate_json(json.dumps({**inner, "subject": event.subject}))
    except (ValueError, LookupError, TypeError):
        return None
    return found if event.source == SOURCE and not isinstance(found, EventForwarded) else None  # type: ignore[return-value]


def unwrapped(event: EventForwarded, key: bytes, decision: Decision) -> tuple[AnyEvent, bytes]:
    """The event inside and what names it, for the decision to say what was passed on; what cannot be read stays."""
    inside = forwarded(event)
    if inside is None:
        return event, key
    decision.passed = event.data
    return inside, key if event.data.taking else event_key(decision.member.bank, inside.source, inside.id)


def envelope(id_: bytes, subject: str, cause: Event) -> dict[str, Any]:
    """Of an event that the engine says to a member because of another event; its times are that one's."""
    return {
        "id": f"{TO_MEMBERS}{id_.hex()}",
        "source": SOURCE,
        "subject": subject,
        "occurred_at": cause.occurred_at,
        "business_date": cause.business_date,
    }
