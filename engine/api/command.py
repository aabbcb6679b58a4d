"""A command: what is asked of a member's points, by whom, and how what is decided of it is answered."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import orjson
from asyncpg.pgproto.pgproto import UUID

from engine.deciding import Decided, MemberKey
from rules.identity import event_key
from schemas.message import SOURCE

FINGERPRINT_SIZE: Final = 16
_ID_SIZE: Final = 16
_WITHOUT_DIGITS: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


class Answer(NamedTuple):
    """A response as it is kept: the same bytes whenever the request comes again."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}


class Request(NamedTuple):
    """Who asks, under which key of theirs, and what names the request in logs.

    `fingerprint` is of method, path and canonical body: the same exactly when the same is asked.
    """

    principal: str
    key_id: str
    idempotency_key: str
    fingerprint: bytes
    request_id: str
    line: str

    @property
    def id(self) -> str:
        """The event's id, of the principal and its key; in letters alone, so that no card number is seen in it."""
        told = f"{self.principal}\0{self.idempotency_key}".encode()
        return "api-" + blake2b(told, digest_size=_ID_SIZE).hexdigest().translate(_WITHOUT_DIGITS)

    def key(self, bank: str) -> bytes:
        """What names the request for ever, whomever it is about."""
        return event_key(bank, SOURCE, self.id)

    def kept(self, bank: str, answer: Answer) -> tuple[Any, ...]:
        """The row that keeps its answer."""
        who = (self.principal, self.key_id, self.request_id, self.line)
        headers = orjson.dumps(answer.headers).decode()
        return (UUID(self.key(bank)), bank, *who, answer.status, headers, answer.body)


@dataclass(frozen=True)
class Command:
    """An event to be, of a member: its type and data, and how the decision on it is answered.

    `answered` is called within the transaction and must be pure; `recorded` writes there what else the decision ends.
    Neither is asked for a request that came before.
    """

    bank: str
    member_id: str
    type: str
    data: Mapping[str, Any]
    request: Request
    answered: Callable[[Decided], Answer] = field(repr=False)
    recorded: Callable[[Any, Decided], Awaitable[None]] | None = field(default=None, repr=False)

    @cached_property
    def id(self) -> str:
        return self.request.id

    @cached_property
    def key(self) -> bytes:
        return self.request.key(self.bank)

    @property
    def member(self) -> MemberKey:
        return self.bank, self.member_id

    @cached_property
    def of_member(self) -> bytes:
        """The member's key, as on every topic."""
        return f"{self.bank}/{self.member_id}".encode()


def fingerprint(line: str, content: bytes) -> bytes:
    """Of a request's method and path, and its body in one canonical form."""
    return blake2b(b"\0".join((line.encode(), content)), digest_size=FINGERPRINT_SIZE).digest()
