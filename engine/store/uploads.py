"""Whose command a merchant's upload becomes: found in the ledger, all of a slice at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg.pgproto.pgproto import UUID

from engine.deciding import Claimed, Uploaded
from engine.intake import Intake
from engine.store.pace import REASON, Pace, full_s
from engine.store.references import claim, holders, reference
from engine.store.sql import statement
from schemas.events import RedemptionUploaded
from schemas.events.uploads import BEGINS


async def uploaded(session: Any, claimed: Claimed) -> Claimed:
    """Takes the uploads of a slice. What becomes no command is refused in `uploads`."""
    ours = claimed.intakes
    grants = await _grants(session, ours)
    named = await _paced(session, [_named(one, grants) for one in ours])
    await claim(session, _claims(named))
    claimed_for = await holders(session, {_reference(i) for i in ours})
    return claimed._replace(intakes=[], uploads=[_under_its_reference(one, claimed_for) for one in named])


async def _paced(session: Any, named: Sequence[Uploaded]) -> list[Uploaded]:
    """Refuses what a merchant begins beyond what it may, each counted in the hour and on the day that it says."""
    begin = [one for one in named if one.member_id is not None and _upload(one.intake).data.ask in BEGINS]
    paces = await _paces(session, {(one.intake.bank, one.intake.event.subject) for one in begin})
    if not paces:
        return list(named)
    known = set(await holders(session, {_reference(one.intake) for one in begin}))
    return [await _in_its_pace(session, one, paces, known) for one in named]


async def _paces(session: Any, shops: set[tuple[str, str]]) -> dict[tuple[str, str], Pace]:
    """Of those that have a limit."""
    asked = sorted(shops)
    columns = [[one[i] for one in asked] for i in (0, 1)]
    found = await session.fetch(statement("merchant_places"), *columns) if asked else []
    paces = {of: Pace(*of, row["per_hour"], row["per_day"]) for of, row in zip(asked, found, strict=True)}
    return {of: pace for of, pace in paces.items() if pace.bounds}


async def _in_its_pace(
    session: Any, one: Uploaded, paces: Mapping[tuple[str, str], Pace], known: set[bytes]
) -> Uploaded:
    """The upload, or its refusal; its reference is `known` from then on, for the same again is the same."""
    intake = one.intake
    pace, of = paces.get((intake.bank, intake.event.subject)), _reference(intake)
    if pace is None or one.member_id is None or _upload(intake).data.ask not in BEGINS or of in known:
        return one
    if await full_s(session, pace, str(intake.program.zone), intake.event.occurred_at) is not None:
        return one._replace(member_id=None, refusal=(REASON, str(pace)))
    known.add(of)
    return one


async def _grants(session: Any, intakes: Sequence[Intake]) -> dict[str, Any]:
    ids = sorted({grant for i in intakes if (grant := _upload(i).data.grant) is not None})
    rows = await session.fetch(statement("holders_of_grants"), [UUID(id_) for id_ in ids]) if ids else []
    return {str(row["grant_id"]): row for row in rows}


def _claims(named: Sequence[Uploaded]) -> dict[bytes, tuple[str, str, str]]:
    """Of several uploads under one reference the first names its member."""
    found: dict[bytes, tuple[str, str, str]] = {}
    for one in named:
        if one.member_id is not None and _upload(one.intake).data.ask in BEGINS:
            found.setdefault(_reference(one.intake), (one.intake.bank, one.intake.event.subject, one.member_id))
    return found


def _under_its_reference(one: Uploaded, claimed_for: dict[bytes, str]) -> Uploaded:
    """A reference is one member's for ever; what was begun under it is that member's, whoever is named or not."""
    if one.refusal is not None:
        return one
    member_id = claimed_for.get(_reference(one.intake))
    if member_id is None:
        return one._replace(member_id=None, refusal=("unknown-redemption", "nothing was begun under this reference"))
    if one.member_id not in (None, member_id):
        return one._replace(member_id=None, refusal=("reference-used", "the reference is another redemption's"))
    return one._replace(member_id=member_id)


def _reference(intake: Intake) -> bytes:
    return reference(intake.bank, intake.event.subject, _upload(intake).data.merchant_ref)


def _named(intake: Intake, grants: dict[str, Any]) -> Uploaded:
    """Whom an upload names, if anybody."""
    asked = _upload(intake).data
    if asked.grant is None:
        return Uploaded(intake, asked.member)
    grant = grants.get(asked.grant)
    if grant is None or grant["bank"] != intake.bank:
        return Uploaded(intake, None, ("unknown-grant", "no such grant was issued by this bank"))
    if asked.ask in BEGINS and (asked.benefit, asked.network) != (grant["benefit_id"], grant["network"]):
        said = f"the grant is for {grant['benefit_id']} in the network {grant['network']}, and for nothing else"
        return Uploaded(intake, None, ("another-grant", said))
    return Uploaded(intake, grant["member_id"])


def _upload(intake: Intake) -> RedemptionUploaded:
    if not isinstance(intake.event, RedemptionUploaded):
        raise TypeError(f"{intake.event.type} among the uploads")
    return intake.event
