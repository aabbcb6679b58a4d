"""Where a page ended, as a text that means nothing to whoever sends it back."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import orjson
from fastapi import Depends, Query

from engine.api.problems import Problem

LIMIT: Final = 50
LIMIT_MAX: Final = 200

AtMost = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="At most so many items.")]
Since = Annotated[str | None, Query(max_length=512, pattern=r"^[A-Za-z0-9_-]+$", description="`next` of a page.")]


class Page(NamedTuple):
    """A page; one item more is asked for than it has, to know whether there is a next one."""

    since: str | None
    at_most: int

    @property
    def asked(self) -> int:
        return self.at_most + 1

    def cut(self, found: Sequence[Any], ends_with: Callable[[Any], Sequence[Any]]) -> tuple[Sequence[Any], str | None]:
        """The page's own rows, and the cursor of the next, which `ends_with` makes of the last row."""
        rows = found[: self.at_most]
        return rows, written(ends_with(rows[-1])) if len(found) > self.at_most else None


async def _page(cursor: Since = None, limit: AtMost = LIMIT) -> Page:
    return Page(cursor, limit)


Paged = Annotated[Page, Depends(_page)]
"""Parameters of a page."""


def written(ended: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(ended)).rstrip(b"=").decode()


LARGEST: Final = 2**63 - 1


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("without an offset")
    return found


def _whole(value: int) -> int:
    if not 0 <= value <= LARGEST:
        raise ValueError("not of a column")
    return value


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError("not a text of the database's")
    return text


_READ: Final[Mapping[type, Callable[[Any], Any]]] = {datetime: _instant, UUID: UUID, int: _whole, str: _text}


def read(cursor: str | None, *kinds: type) -> tuple[Any, ...]:
    """The values where the page ended, None each where there was none; Problem where it is not of this kind of page."""
    if cursor is None:
        return (None,) * len(kinds)
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        told = [_READ[kind](value) for kind, value in zip(kinds, values, strict=True)]
    except (ValueError, TypeError, AttributeError):
        raise _wrong() from None
    if [type(value) for value in told] != list(kinds):
        raise _wrong()
    return tuple(told)


def _wrong() -> Problem:
    return Problem("invalid-request", "query /cursor: it is no `next` of a page of these")
