"""A member as a channel looks at it: its row, its program on this day, and the language to speak."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Final, get_args

from fastapi import Depends, Header, Path, Query, Request

from engine.api.asking import Channel
from engine.api.house import House, Shared
from engine.api.keys import Caller
from engine.api.problems import Problem
from engine.store import rows
from engine.store.sql import statement
from rules.explain.phrases import Language
from rules.explain.say import Say
from rules.member import Member
from rules.moment import Moment
from rules.program import Program, Programs
from schemas.fields import MemberId

Of = Annotated[MemberId, Path(description="The member, by pseudonym.")]
MinVersion = Annotated[
    int | None, Query(ge=0, le=2**62, description="Not an older state than this, such as what a write answered.")
]
AcceptLanguage = Annotated[str | None, Header(max_length=256, description="zh or en, the default.", examples=["zh"])]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


@dataclass(frozen=True)
class View:
    """What a request looks at."""

    session: Any
    member: Member
    program: Program
    programs: Programs
    moment: Moment
    say: Say
    revision: int

    @property
    def etag(self) -> str:
        """Of what is told of the member: it changes with its version, the programs, the day and the language."""
        return f'"{self.member.version}.{self.revision}.{self.moment.day}.{self.say.language}"'

    def version(self, mark: bytes) -> Program:
        """The program that a posting names."""
        return next((one for one in self.programs.versions if one.mark == mark), self.program)


@dataclass(frozen=True)
class Viewing:
    """Looks at a member of the caller's bank; `seen` is the header If-None-Match."""

    member_id: str
    caller: Caller
    house: House
    language: Language
    seen: str

    @asynccontextmanager
    async def opened(self, min_version: int | None = None) -> AsyncIterator[View]:
        """The view, in a transaction that reads one bank. 404 where there is no such member."""
        bank = self.caller.bank
        async with self.house.reading.session(self.caller, self.member_id) as session:
            row = await session.fetchrow(statement("view_member"), bank, self.member_id)
            if row is None:
                raise Problem("not-found", f"{bank} has no such member")
            programs = await self._programs(row["revision"])
            if min_version is not None and row["version"] < min_version:
                detail = f"version {row['version']} is the newest; ask again in a second"
                raise Problem("version-not-reached", detail, retry_after_s=1)
            program = programs.at(row["asked_at"]) or programs.versions[0]
            moment, say = program.moment(row["asked_at"]), Say(self.language, program)
            yield View(session, rows.member(row), program, programs, moment, say, row["revision"])

    async def _programs(self, revision: int) -> Programs:
        """Those that are in force as of the ledger's revision."""
        registries = self.house.registries
        registry = await registries.newest()
        if registry.revision < revision:
            registry = await registries.read()
        return registry.programs[self.caller.bank]


async def _viewing(
    http: Request, member_id: Of, caller: Channel, house: Shared, accept_language: AcceptLanguage = None
) -> Viewing:
    return Viewing(member_id, caller, house, language(accept_language), http.headers.get("if-none-match", ""))


Looking = Annotated[Viewing, Depends(_viewing)]
"""A parameter of a route: the member that its address names."""


def language(accepted: str | None) -> Language:
    """The one of ours that is wanted most (RFC 9110, 12.5.4); English where none is."""
    wanted: list[tuple[float, int, Language]] = []
    for place, part in enumerate((accepted or "").split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        wanted += [(-quality, place, one) for one in LANGUAGES if tag.lower().partition("-")[0] == one and quality > 0]
    return min(wanted, default=(0.0, 0, LANGUAGES[0]))[2]
