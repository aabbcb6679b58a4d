"""Parameters of routes: who asks, in which role, and what names a write for ever."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Security
from fastapi import Request as HttpRequest
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, TypeAdapter, ValidationError

from engine.api import command
from engine.api.command import Answer, Command
from engine.api.house import House, Shared
from engine.api.keys import PEOPLE, Caller, Role
from engine.api.problems import MEDIA_TYPE, Problem
from engine.api.scopes import scope_of
from engine.api.tokens import is_token
from engine.deciding import Decided
from engine.trail import Who
from schemas.events import AnyEvent
from schemas.fields import Id

BEARER: Final = "key"
"""What OpenAPI calls the way in which keys are sent; each operation names the scope that it asks of one."""
ROLES: Final[dict[Any, tuple[Role, ...]]] = {}
"""Of each dependency that `allowed` made, whom it lets in: OpenAPI tells of which operations a token may ask."""
_person = TypeAdapter(Id).validate_python
_bearer = HTTPBearer(
    scheme_name=BEARER, bearerFormat="pk_<id>_<secret>", auto_error=False,
    description="An API key. One that was made with scopes may do what asks for one of them, and nothing else.",
)  # fmt: skip
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[!-~]+$",
        description="Of the caller's own making, kept for ever: the same request under it is done once.",
        examples=["till-3.20261005.17-hold"],
    ),
]


@cache
def allowed(*roles: Role) -> Callable[..., Awaitable[Caller]]:
    """A dependency: the caller, in one of the roles, with the operation's scope, within its limit.

    The same for the same roles: it counts once.
    """

    async def caller(request: HttpRequest, house: Shared, token: Bearer) -> Caller:
        if house.tokens is not None and token is not None and is_token(token.credentials):
            found = await house.tokens.caller(token.credentials, roles)
        else:
            found = await _with_key(token, request, house)
        request.state.key_id = found.key_id
        left = house.limits.take(f"{found.bank}/{found.principal}")
        request.state.limit = left.headers
        if not left.allowed:
            raise Problem("too-many-requests", "the bucket of this caller is empty", retry_after_s=left.wait_s)
        if found.signs_with:
            await house.signatures.verify(found, request)
        if found.role not in roles:
            raise Problem("not-allowed", f"the role {found.role} may not do this, only: {', '.join(roles)}")
        scope = scope_of(request.method, request.scope["route"].path)
        if found.scopes and scope not in found.scopes:
            raise Problem("scope-missing", f"the key may {', '.join(sorted(found.scopes))}, and this is {scope}")
        return found

    ROLES[caller] = roles
    return caller


async def _with_key(token: HTTPAuthorizationCredentials | None, request: HttpRequest, house: House) -> Caller:
    found = None if token is None else await house.keys.caller(token.credentials)
    if found is None:
        await house.guesses.count("key", request.client.host if request.client else "")
        raise Problem("unauthenticated", "no key in force was sent")
    if house.tokens is not None and found.role in PEOPLE and not house.settings.oidc_keys_too:
        raise Problem("not-allowed", "people come with a token of their issuer here, and not with a key")
    return found


def who(caller: Caller, http: HttpRequest) -> Who:
    """As the audit trail names the caller; Problem where the key's holder is no person's pseudonym."""
    try:
        person = _person(caller.holder)
    except ValidationError:
        raise Problem("not-allowed", "the key's holder is no pseudonym: an id with a letter in it") from None
    return Who(caller.bank, caller.role, person, caller.key_id, http.state.request_id)


@dataclass(frozen=True)
class Asking:
    """A write that somebody asks for, under a key of their own."""

    caller: Caller
    house: House
    http: HttpRequest
    key: str

    async def ask(
        self, member_id: str, kind: type[AnyEvent], about: Mapping[str, Any], content: BaseModel,
        answered: Callable[[Decided], Answer],
    ) -> Response:  # fmt: skip
        """Asks at the door for an event of a member of the caller's bank; `content` is the body that was asked with.

        `answered` makes the answer of what is decided; a request that came before is answered with the same bytes.
        """
        asked = self.request(content)
        type_: str = kind.model_fields["type"].default
        return response(await self.house.door.ask(Command(self.caller.bank, member_id, type_, about, asked, answered)))

    async def answered(self, content: BaseModel, refused: Problem) -> Response:
        """The answer that the request had when it came before; raises `refused` of a request that is new.

        What refuses before the door is asked may have changed since the answer was given, and the answer stands.
        """
        told = await self.house.door.answered(self.caller.bank, self.request(content))
        if told is None:
            raise refused
        return response(told)

    @property
    def who(self) -> Who:
        return who(self.caller, self.http)

    def request(self, content: BaseModel) -> command.Request:
        """What names the write: its caller, its key, and what is asked in one canonical form."""
        line = f"{self.http.method} {self.http.url.path}"
        told = command.fingerprint(line, content.model_dump_json(exclude_none=True).encode())
        caller = self.caller
        return command.Request(caller.principal, caller.key_id, self.key, told, self.http.state.request_id, line)


def writing(*roles: Role) -> Callable[..., Awaitable[Asking]]:
    """A dependency: a write of a caller in one of the roles."""
    who = Annotated[Caller, Depends(allowed(*roles))]

    async def asking(http: HttpRequest, house: Shared, key: IdempotencyKey, caller: who) -> Asking:
        return Asking(caller, house, http, key)

    return asking


def response(answer: Answer) -> Response:
    kind = "application/json" if answer.status < 400 else MEDIA_TYPE  # noqa: PLR2004  # where errors begin
    return Response(answer.body, answer.status, dict(answer.headers), kind)


Merchant = Annotated[Caller, Depends(allowed("merchant"))]
Channel = Annotated[Caller, Depends(allowed("channel"))]
Auditor = Annotated[Caller, Depends(allowed("auditor", "operator", "approver"))]
MerchantAsking = Annotated[Asking, Depends(writing("merchant"))]
ChannelAsking = Annotated[Asking, Depends(writing("channel"))]
OperatorAsking = Annotated[Asking, Depends(writing("operator"))]
ApproverAsking = Annotated[Asking, Depends(writing("approver"))]
