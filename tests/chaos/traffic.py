"""Customers of the corner bank and what they do, drawn from a seed; and what a broken producer sends."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tests.chaos.expected import BANK, EXPECTED_REASON

CARDS, BRANCH = "/banks/corner/cards", "/banks/corner/branch"
BEGINS = datetime(2026, 1, 1, 8, tzinfo=UTC)
MEMBERS = 300


class Sent(NamedTuple):
    """A record to produce; `partition` is None where the key decides."""

    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None


def sent(event: dict[str, Any]) -> Sent:
    """An event as its bank sends it."""
    return Sent(f"{BANK}/{event['subject']}".encode(), json.dumps(event, separators=(",", ":")).encode())


def event(kind: str, id_: str, member: str, at: datetime, about: dict[str, Any]) -> dict[str, Any]:
    """One event's envelope with what it tells."""
    source = BRANCH if kind == "member.enrolled.v1" else CARDS
    told = {"specversion": "1.0", "id": id_, "source": source, "type": kind, "subject": member}
    return told | {"time": at.isoformat(), "datacontenttype": "application/json", "data": about}


def purchase(
    id_: str, member: str, at: datetime = BEGINS, *, minor: int = 1250, mcc: str = "5411", currency: str = "CNY"
) -> dict[str, Any]:
    """A purchase of so many minor units."""
    about = {"card": "tok-1", "amount_minor": minor, "currency": currency, "mcc": mcc, "merchant": "mer-1"}
    return event("card.purchased.v1", id_, member, at, about | {"channel": "pos"})


def year(count: int, seed: int, *, members: int = MEMBERS) -> list[Sent]:
    """So many events: half the members enrol first, then all buy; one purchase in a hundred is in another currency."""
    draw = random.Random(seed)
    names = [f"m-{number:05}" for number in range(members)]
    enrolling = [name for name in names if draw.random() < 0.5]  # half of them
    events = [event("member.enrolled.v1", f"join-{n}", n, BEGINS, {"joined_on": "2026-01-01"}) for n in enrolling]
    for number in range(count - len(events)):
        at = BEGINS + timedelta(days=300) * number / count
        minor, mcc = draw.randrange(0, 30_000), draw.choice(("5411", "5812", "5999"))
        currency = "USD" if draw.random() < 0.01 else "CNY"  # one in a hundred
        events.append(purchase(f"buy-{seed}-{number}", draw.choice(names), at, minor=minor, mcc=mcc, currency=currency))
    return [sent(one) for one in events]


def repeated(events: list[Sent], seed: int, most: int) -> list[Sent]:
    """Each event one to `most` times, copies anywhere behind it."""
    draw = random.Random(seed)
    placed = [(float(at), one) for at, one in enumerate(events)]
    for at, one in enumerate(events):
        placed += [(at + draw.uniform(0.1, 400.0), one) for _ in range(draw.randrange(most))]
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])]


GARBAGE: tuple[tuple[str, bytes | None], ...] = (
    ("null-value", None),
    ("bad-json", b""),
    ("bad-json", b"not JSON"),
    ("bad-encoding", b'{"id":"\xff\xfe"}'),
    ("too-deep", b"[" * 10_000),
    ("bad-number", b'{"data":NaN}'),
    ("bad-number", b'{"data":-Infinity}'),
    ("bad-number", b'{"data":1e400}'),
    ("bad-json", b"[]"),
    ("missing-field", b"{}"),
    ("too-large", b'{"id":"' + b"x" * 70_000 + b'"}'),
)


def garbage(seed: int) -> Iterator[Sent]:
    """Without end what a healthy decoder must refuse, with the reason that it must give."""
    draw = random.Random(seed)
    number = 0
    while True:
        number += 1
        good = purchase(f"bad-{seed}-{number}", f"m-{draw.randrange(MEMBERS):05}")
        reason, value = draw.choice((*GARBAGE, *_near_misses(good)))
        yield Sent(sent(good).key, value, ((EXPECTED_REASON, reason.encode()), ("content-note", b"\x00\xff")))


def _near_misses(good: dict[str, Any]) -> list[tuple[str, bytes | None]]:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("unauthorised-source", {"source": "/banks/other/cards"}),
        ("unauthorised-source", {"source": BRANCH}),
        ("unknown-type", {"type": "card.eaten.v1"}),
        ("unknown-field", {"colour": "green"}),
        ("wrong-key", {"subject": "m-somebody-else"}),
        ("wrong-value", {"time": "yesterday"}),
        ("no-program", {"time": "2020-01-01T00:00:00+00:00"}),
        ("card-number", {"traceparent": "4111111111111111"}),
        ("wrong-value", {"data": {**good["data"], "amount_minor": -1}}),
        ("bad-number", {"data": {**good["data"], "amount_minor": 1.5}}),
    ]
    whole = sent(good).value or b""
    twice = whole.replace(b'"specversion"', b'"specversion":"1.0","specversion"', 1)
    return [("duplicate-key", twice), *((reason, sent({**good, **change}).value) for reason, change in wrong)]
