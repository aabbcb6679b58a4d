"""Card purchases as a core system sends them, the same for the same numbers; one in a hundred comes twice."""

import random
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from engine.stream.topics import partition_of

BANK: Final = "bench"
SOURCE: Final = "/banks/bench/cards"
MEMBERS: Final = 20_000
CARDS: Final = 2
"""Of each member."""
REPEATS_IN: Final = 100
REPEATED_WITHIN: Final = 5_000
DOUBLED: Final = frozenset({"5411", "5812", "4111"})
MCCS: Final = (*sorted(DOUBLED), "5999", "5732", "7011", "5541", "5912", "4829", "5651")
BEGIN: Final = datetime(2026, 11, 2, tzinfo=UTC)


class Purchase(NamedTuple):
    """One record for Kafka."""

    key: bytes
    value: bytes


def purchases(count: int, *, seed: int = 1) -> list[Purchase]:
    """`count` different purchases, and a hundredth of them again, somewhere later."""
    choose = random.Random(seed)
    made = [purchase(choose, BEGIN + timedelta(milliseconds=7 * i)) for i in range(count)]
    again = sorted(
        (
            (min(count, i + choose.randrange(1, REPEATED_WITHIN)), i)
            for i in choose.sample(range(count), count // REPEATS_IN)
        ),
        reverse=True,
    )
    stream = list(made)
    for at, i in again:
        stream.insert(at, made[i])
    return stream


def purchase(choose: random.Random, at: datetime) -> Purchase:
    """A purchase by one of the members, some 450 bytes."""
    number = choose.randrange(MEMBERS)
    member = f"m-{number:08d}"
    about = {
        "specversion": "1.0",
        "id": f"card-{UUID(int=choose.getrandbits(128), version=4)}",
        "source": SOURCE,
        "type": "card.purchased.v1",
        "subject": member,
        "time": at.isoformat(timespec="microseconds"),
        "businessdate": at.date().isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "card": f"tok-{number:08x}-{choose.randrange(CARDS)}",
            "amount_minor": choose.randrange(100, 50_000),
            "currency": "CNY",
            "mcc": choose.choice(MCCS),
            "merchant": f"mer-{choose.randrange(10**7):010d}",
            "channel": choose.choice(("pos", "online", "transit")),
        },
    }
    return Purchase(f"{BANK}/{member}".encode(), orjson.dumps(about))


def by_partition(stream: list[Purchase], partitions: int) -> list[list[Purchase]]:
    """The stream as its partitions hold it."""
    lanes: list[list[Purchase]] = [[] for _ in range(partitions)]
    at = {key: partition_of(key, partitions) for key in {p.key for p in stream}}
    for p in stream:
        lanes[at[p.key]].append(p)
    return lanes
