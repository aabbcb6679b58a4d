"""The ledger's rows that few events ask for: a member's open lots, an event's postings, a redemption as it stands."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from asyncpg.pgproto.pgproto import UUID

from engine.deciding import Claimed, MemberKey
from engine.store import rows
from engine.store.sql import statement
from rules.decision import Posting
from rules.member import Member
from rules.needs import NOTHING, needs
from rules.points.lots import Lot
from rules.spending.vouchers import Redeemed, Redemption

OfMember = tuple[str, str, bytes]
"""A bank, a member and the 16 bytes of what is asked for of it."""


class Asked(NamedTuple):
    """What a batch's events ask for, beside lots: every member that asks for anything has those."""

    members: set[MemberKey]
    origins: set[OfMember]
    closes: set[OfMember]
    redemptions: set[OfMember]
    things: set[tuple[str, str, str]]


async def attach(session: Any, claimed: Iterable[Claimed], members: dict[MemberKey, Member]) -> None:
    """Gives the members what `rules.needs` asks for; one that is not known yet has no lots and no past.

    A query for each kind of row, whatever the number of members. What the batch's own events add, `decide` keeps up to
    date. An origin stands among `origins` where its event was decided before, even if it came to no posting.
    """
    asked = _asked(claimed)
    if not asked.members:
        return
    for key in asked.members:
        member = members.setdefault(key, Member(*key))
        member.lots, member.origins, member.redeemed = {}, {}, {}
    redemptions = await _redemptions(session, asked.redemptions)
    lots = await _lots(session, asked.members, members, redemptions)
    for row, lot in lots:
        if lot.left:
            members[row["bank"], row["member_id"]].open_lots()[lot.lot_id] = lot
    by_id = {lot.lot_id: lot for _, lot in lots}
    for one in redemptions:
        member = members[one.bank, one.member_id]
        redeemed = Redeemed(one, {id_: by_id[id_] for id_, _ in one.lots})
        member.redeemed = {**(member.redeemed or {}), one.redemption_id: redeemed}
    if asked.things:
        asked.origins.update(await _given_for(session, asked.things))
    if asked.origins or asked.closes:
        await _attach_origins(session, asked, claimed, members)


def _asked(claimed: Iterable[Claimed]) -> Asked:
    asked = Asked(set(), set(), set(), set(), set())
    for claim in claimed:
        for intake in claim.intakes:
            need = needs(intake.event, intake.bank, intake.program, claim.closed.get(intake.bank))
            if need is NOTHING:
                continue
            key = intake.bank, intake.event.subject
            asked.members.add(key)
            if need.origin is not None:
                asked.origins.add((*key, need.origin))
            if need.close is not None:
                asked.closes.add((*key, need.close))
            if need.thing is not None:
                asked.things.add((*key, need.thing))
            if need.redemption is not None:
                asked.redemptions.add((*key, need.redemption))
    return asked


async def _given_for(session: Any, asked: set[tuple[str, str, str]]) -> list[OfMember]:
    """The events of the members that gave points for a policy, account, holding or loan."""
    found = await session.fetch(statement("given_for"), *(list(column) for column in zip(*sorted(asked), strict=True)))
    return [(row["bank"], row["member_id"], row["event_key"].bytes) for row in found]


async def _redemptions(session: Any, asked: set[OfMember]) -> list[Redemption]:
    if not asked:
        return []
    return [rows.redemption_of(row) for row in await session.fetch(statement("redemptions"), *_columns(asked))]


async def _lots(
    session: Any, asked: set[MemberKey], members: Mapping[MemberKey, Member], redemptions: Iterable[Redemption]
) -> list[tuple[Any, Lot]]:
    """The open lots of the members, and those that redemptions took though nothing is left of them."""
    keys = sorted(asked)
    spent = [r for r in redemptions if r.state != "held"]
    anew = {(r.bank, r.member_id) for r in spent}
    since = [0 if key in anew else members[key].lots_from for key in keys]
    ids = [UUID(id_) for id_ in sorted({id_ for r in spent for id_, _ in r.lots})]
    found = await session.fetch(statement("open_lots"), [k[0] for k in keys], [k[1] for k in keys], since, ids)
    return [(row, rows.lot(row)) for row in found]


async def open_lots(session: Any, member: Member) -> dict[bytes, Lot]:
    """The open lots of one member."""
    key = member.bank, member.member_id
    return {lot.lot_id: lot for _, lot in await _lots(session, {key}, {key: member}, ())}


async def _attach_origins(
    session: Any, asked: Asked, claimed: Iterable[Claimed], members: dict[MemberKey, Member]
) -> None:
    """The postings of events and of closes.

    Events of this batch stand among the seen already, but are known only when their turn has come.
    """
    now = {intake.key for claim in claimed for intake in claim.intakes}
    keys = [UUID(key) for key in sorted({key for _, _, key in asked.origins if key not in now})]
    known = {row["key"].bytes for row in await session.fetch(statement("recall_events"), keys)}
    past = asked.closes | {one for one in asked.origins if one[2] in known}
    found: dict[OfMember, list[Posting]] = {one: [] for one in past}
    for row in await session.fetch(statement("origin_postings"), *_columns(past)) if past else ():
        found[row["bank"], row["member_id"], row["origin"].bytes].append(rows.posting_of(row))
    for (bank, member_id, key), postings in found.items():
        member = members[bank, member_id]
        member.origins = {**(member.origins or {}), key: tuple(postings)}


def _columns(asked: set[OfMember]) -> tuple[list[str], list[str], list[UUID]]:
    in_order = sorted(asked)
    return [a[0] for a in in_order], [a[1] for a in in_order], [UUID(a[2]) for a in in_order]
