"""Channels look through: a customer's points, tier, benefits and history."""

from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from engine.api import cursor
from engine.api.cursor import Paged
from engine.api.telling import asked_of, benefits_of, posting_told
from engine.api.viewing import Looking, MinVersion, View, Viewing
from engine.store import rows
from engine.store.past import open_lots
from engine.store.sql import statement
from rules.points.expiry import expiring
from rules.standing.progress import progress
from rules.standing.tiers import score_lines
from schemas.api import members as told
from schemas.fields import Payload

routes = APIRouter(prefix="/v1/members/{member_id}", tags=["channels"])
_UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "It is as of the `ETag` that was sent."}}


@routes.get("", response_model=told.MemberState, responses=_UNCHANGED)
async def member(looking: Looking, min_version: MinVersion = None) -> Response:
    """Points by type, what of them expires when, the tier with the way up and what keeps it, the score."""
    async with looking.opened(min_version) as view:
        if _seen(looking, view):
            return _unchanged(view)
        view.member.lots = await open_lots(view.session, view.member)
        return _answered(view, _state(view))


def _seen(looking: Viewing, view: View) -> bool:
    return looking.seen == "*" or view.etag in [one.strip().removeprefix("W/") for one in looking.seen.split(",")]


def _headers(view: View) -> dict[str, str]:
    return {"ETag": view.etag, "Content-Language": view.say.language, "Vary": "Accept-Language"}


def _unchanged(view: View) -> Response:
    return Response(status_code=304, headers=_headers(view))


def _answered(view: View, content: Payload) -> Response:
    return JSONResponse(content.model_dump(mode="json", exclude_none=True), headers=_headers(view))


def _state(view: View) -> told.MemberState:
    one, say = view.member, view.say
    balances = [
        told.PointBalance(point_type=name, label=say.name(name), available=b.available, pending=b.pending, held=b.held,
                          deficit=b.deficit)
        for name, b in one.balances.items()
    ]  # fmt: skip
    lines = [
        told.ScoreLine(label=say.metric(line.metric), **line._asdict())
        for line in score_lines(one, view.program, view.moment)
    ]
    return told.MemberState(
        member_id=one.member_id,
        version=one.version,
        day=view.moment.day,
        status=one.status,
        merged_into=one.merged_into,
        score=one.score,
        balances=tuple(balances),
        expiring=tuple(told.Expiring(**e._asdict()) for e in expiring(one, view.program)),
        tier=_tier(view),
        score_lines=tuple(lines),
    )


def _tier(view: View) -> told.TierState:
    found = progress(view.member, view.program, view.moment)
    more: dict[str, Any] = found._asdict() | {
        "next": asked_of(found.next, view.say), "keep": asked_of(found.keep, view.say)
    }  # fmt: skip
    return told.TierState(label=None if found.tier is None else view.say.name(found.tier), **more)


@routes.get("/postings", response_model=told.Postings)
async def postings(looking: Looking, page: Paged) -> Response:
    """The movements of points, the newest first, each explained with the sum that comes to it."""
    ended = cursor.read(page.since, int, str, str, int)
    async with looking.opened() as view:
        of = view.member
        found = await view.session.fetch(statement("view_postings"), of.bank, of.member_id, *ended, page.asked)
        shown, more = page.cut(found, itemgetter("member_version", "rule_id", "point_type", "part"))
        return _answered(view, told.Postings(items=tuple(posting_told(row, view) for row in shown), next=more))


@routes.get("/benefits", response_model=told.Benefits, responses=_UNCHANGED)
async def benefits(looking: Looking, min_version: MinVersion = None) -> Response:
    """The grants that are open, with what is left of them, and the benefits that points buy."""
    async with looking.opened(min_version) as view:
        return _unchanged(view) if _seen(looking, view) else _answered(view, benefits_of(view))


@routes.get("/redemptions", response_model=told.Redemptions)
async def redemptions(looking: Looking, page: Paged) -> Response:
    """What was redeemed where, as it stands."""
    version, id_ = cursor.read(page.since, int, UUID)
    async with looking.opened() as view:
        of = view.member
        found = await view.session.fetch(statement("view_redemptions"), of.bank, of.member_id, version, id_, page.asked)
        shown, more = page.cut(found, lambda last: [last["member_version"], str(last["redemption_id"])])
        return _answered(view, told.Redemptions(items=tuple(map(_redeemed, shown)), next=more))


def _redeemed(row: Any) -> told.Redeemed:
    one = rows.redemption_of(row)
    return told.Redeemed(
        merchant=one.merchant,
        merchant_ref=one.merchant_ref,
        network=one.network,
        state=one.state,
        points=one.points if one.state == "held" else one.captured,
        point_type=one.point_type,
        returned_points=one.returned,
        benefit=one.benefit_id,
        units=one.units,
        used_on=one.used_on,
        lapses_at=one.lapses_at if one.state == "held" else None,
    )
