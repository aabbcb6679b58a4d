"""Events about a member that merged go on to the one it merged into, as they came."""

import json
from typing import Any

from rules.decision import Decision, Why
from rules.identity import derived
from schemas.event import Event
from schemas.events import MODELS, AnyEvent, EventForwarded, MemberAbsorbed
from schemas.events.merges import EVENT_MAX, HOPS_MAX, Forwarding
from schemas.message import SOURCE


def forward(event: AnyEvent, key: bytes, decision: Decision) -> Why | None:
    """Sends what is said about a member that merged on to the one it merged into."""
    member = decision.member
    if isinstance(event, EventForwarded | MemberAbsorbed) and event.source != SOURCE:
        return "merge-not-possible", f"only {SOURCE} says this"
    if any((member.origins or {}).values()) or member.redeemed:
        return "before-the-merge", f"it is about what {member.member_id} had before it merged: adjust by hand"
    into = envelope(derived(key, "forwarded"), member.merged_into or "", event)
    if isinstance(event, MemberAbsorbed):
        decision.sent.append(MemberAbsorbed(**into, data=event.data.model_copy(update={"hops": event.data.hops + 1})))
        return None
    hops, original, whole = 1, member.member_id, event.model_dump_json(exclude_none=True)
    if isinstance(event, EventForwarded):
        hops, original, whole = event.data.hops + 1, event.data.member, event.data.event
    if hops > HOPS_MAX:
        return "merge-not-possible", f"merges from {original} go in a circle; un-merge one of them"
    if len(whole) > EVENT_MAX:
        return "merge-not-possible", f"an event of more than {EVENT_MAX} characters is not forwarded"
    decision.sent.append(EventForwarded(**into, data=Forwarding(member=original, hops=hops, event=whole)))
    return None


def forwarded(event: EventForwarded) -> AnyEvent | None:
    """The event inside, as one about the survivor; None where the engine did not send it or it cannot be read."""
    try:
        inner = json.loads(event.data.event)
        model: type[Event] = MODELS[inner["type"]]
        found = model.model_validate_json(json.dumps({**inner, "subject": event.subject}))
    except (ValueError, LookupError, TypeError):
        return None
    return found if event.source == SOURCE and not isinstance(found, EventForwarded) else None  # type: ignore[return-value]


def envelope(id_: bytes, subject: str, cause: Event) -> dict[str, Any]:
    """Of an event that the engine says to a member because of another event; its times are that one's."""
    return {
        "id": f"m-{id_.hex()}",
        "source": SOURCE,
        "subject": subject,
        "occurred_at": cause.occurred_at,
        "business_date": cause.business_date,
    }
