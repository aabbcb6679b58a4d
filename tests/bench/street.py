"""A street of shops: members with lots of points, merchants with keys, codes, and what was redeemed of them.

Nothing is random, so that every turn asks for the same and has to come to the same ledger.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, NamedTuple

import asyncpg
import orjson

from engine.api import codes, keys
from engine.embedded.child import free_port
from engine.settings import load
from engine.store import connect
from engine.store.sql import statement
from tests.bench import ledger
from tests.bench.events import BANK, DOUBLED, MEMBERS, Purchase
from tests.bench.ground import TEMPLATE, Ground, Run

STREET: Final = "bench_street"
PEPPER: Final = "pepper-of-the-benchmark-" + "0" * 16
SECRET: Final = "s" * 43
SHOPS: Final = 20
LOTS: Final = 5
LOT_POINTS: Final = 2_000
CODES: Final = 60_000
EVENTS_S: Final = 120.0
_LETTERS: Final = "abcdefghij"
_STRIDE: Final = 7_919
"""Prime, so that members come in another order than their ids."""

_MEMBERS: Final = """
    insert into points.member (bank, member_id, version, status, due_on, partition, point_types, available, pending,
                               held, deficit)
    select $1::text, 'm-' || lpad(n::text, 8, '0'), $3::int8, 'enrolled', '2028-10-31', 0, '{reward}',
           array[$3::int8 * $4::int8], '{0}', '{0}', '{0}'
    from generate_series(0, $2::int4 - 1) n"""
_POSTINGS: Final = """
    insert into points.posting (posting_id, bank, member_id, member_version, event_key, rule_id, kind, program_hash,
        semantics, point_type, points, desired_points, basis, rate_numerator, rate_denominator, rounding, event_day,
        business_date, occurred_at, expires_on, balance_after, journal_seq)
    select gen_random_uuid(), $1::text, 'm-' || lpad(n::text, 8, '0'), lot, gen_random_uuid(), 'card-spend', 'opening',
           '\\x00', 1, 'reward', $4::int8, $4::int8, $4::int8, 1, 1, 'down', day, day, day,
           day + interval '24 months', $4::int8 * lot, 0
    from generate_series(0, $2::int4 - 1) n, lateral (
        select lot, date '2026-10-01' + (lot || ' months')::interval as day from generate_series(1, $3::int4) lot
    ) l"""


class Job(NamedTuple):
    """Requests that a till makes one after the other, and the points that they come to take."""

    requests: Sequence[bytes]
    points: int


class Redeemed(NamedTuple):
    """What a ledger says was redeemed; two are the same ledger when all of them agree."""

    captured: int
    points: int
    allocated: int
    available: int
    answers: int
    references: int


_REDEEMED: Final = """
    select (select count(*) from points.redemption where state = 'captured'),
           (select coalesce(sum(captured), 0)::bigint from points.redemption where state = 'captured'),
           (select coalesce(sum(points), 0)::bigint from points.allocation),
           (select coalesce(sum(available[1]), 0)::bigint from points.member)
           - (select coalesce(sum(points), 0)::bigint from points.posting where kind not in ('opening', 'redeemed')),
           (select count(*) from points.api_answer where status < 300),
           (select count(*) from points.merchant_reference)
"""
_EVENTS: Final = "select count(*) from points.posting where kind = 'base'"
_EARNED: Final = "select sum(points)::bigint from points.posting where kind in ('base', 'multiplier')"
_COMMITS: Final = """
    select extract(epoch from began)::float8 as began,
           extract(epoch from pg_xact_commit_timestamp(x))::float8 as at, events
    from (select xmin as x, min(recorded_at) as began, count(*) as events
          from points.redemption where state = 'captured' group by xmin) t
    order by at
"""


def fill(ground: Ground) -> None:
    """Makes the template `STREET`."""
    ground.copy(TEMPLATE, STREET)
    asyncio.run(_fill(ground.database(STREET)))


async def _fill(url: str) -> None:
    owner = await connect.owner(load(owner_database_url=url))
    await owner.execute("set search_path to points")
    for text in (_MEMBERS, _POSTINGS):
        await owner.execute(text, BANK, MEMBERS, LOTS, LOT_POINTS)
    for shop in range(SHOPS):
        await owner.execute(statement("add_merchant"), BANK, _shop(shop), f"net-{shop % 4}", None, False)
        await _key(owner, _key_id(shop), "merchant", _shop(shop))
    await _key(owner, "channel", "channel", "app")
    shown = [(codes.digest(PEPPER.encode(), _symbols(n)), BANK, _member(n), "presentation") for n in range(CODES)]
    await owner.execute(
        "insert into code (digest, bank, member_id, kind, expires_at) "
        "select digest, $3, member_id, 'presentation', now() + interval '1 day' "
        "from unnest($1::bytea[], $2::text[]) as shown (digest, member_id)",
        [row[0] for row in shown], [row[2] for row in shown], BANK,
    )  # fmt: skip
    await owner.execute("vacuum analyze")
    await owner.close()


async def _key(owner: Any, key_id: str, role: str, holder: str) -> None:
    digest = keys.digest(PEPPER.encode(), SECRET)
    await owner.execute(statement("add_key"), key_id, BANK, role, holder, [], digest, None)


def _shop(number: int) -> str:
    return f"shop-{number:02}"


def _key_id(shop: int) -> str:
    return "shop" + "".join(_LETTERS[int(digit)] for digit in f"{shop:02}")


def _member(n: int) -> str:
    return f"m-{n * _STRIDE % MEMBERS:08d}"


def _symbols(n: int) -> str:
    """The n-th code, without its check symbol."""
    told = ""
    for _ in range(codes.LENGTH):
        n, at = divmod(n, len(codes.SYMBOLS))
        told = codes.SYMBOLS[at] + told
    return told


def of_members(jobs: int) -> list[str]:
    """Whose each job is."""
    return [_member(n) for n in range(jobs)]


def one_step(count: int) -> list[Job]:
    """Points taken in one request each, of another member each time."""
    return [Job([_asked(n, {"capture": True})], _points(n)) for n in range(count)]


def two_steps(count: int) -> list[Job]:
    """Points held, then captured."""
    return [
        Job([_asked(n, {}), _post(n, f"/v1/redemptions/{_reference(n)}/capture", "capture", {})], _points(n))
        for n in range(count)
    ]


def reads(count: int) -> list[Job]:
    """A channel looks at one member after the other."""
    head = f"Host: loopback\r\nAuthorization: Bearer pk_channel_{SECRET}\r\n\r\n"
    return [Job([f"GET /v1/members/{_member(n)} HTTP/1.1\r\n{head}".encode()], 0) for n in range(count)]


def _points(n: int) -> int:
    return 100 + n % 400


def _reference(n: int) -> str:
    return f"till-{n % SHOPS}.{n}"


def _asked(n: int, more: dict[str, Any]) -> bytes:
    symbols = _symbols(n)
    body = {"merchant_ref": _reference(n), "code": symbols + codes.check(symbols), "points": _points(n), **more}
    return _post(n, "/v1/redemptions", "redeem", body)


def _post(n: int, path: str, what: str, body: dict[str, Any]) -> bytes:
    content = orjson.dumps(body)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: loopback\r\nAuthorization: Bearer pk_{_key_id(n % SHOPS)}_{SECRET}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {what}-{n}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@contextmanager
def open_street(ground: Ground, partitions: int, *, kafka: bool = False, workers: int = 1) -> Iterator[Run]:
    """A run on a fresh street, with settings for the API."""
    with ground.run(partitions, kafka=kafka, template=STREET) as run:
        more = {
            "POINTS_API_PEPPER": PEPPER, "POINTS_API_PORT": str(free_port()), "POINTS_API_WORKERS": str(workers),
            "POINTS_API_REQUESTS_PER_S": "100000", "POINTS_LOG_LEVEL": "WARNING",
        }  # fmt: skip
        yield replace(run, settings=run.settings.model_copy(update={"api_pepper": PEPPER}), more=more)


def compared(run: Run, jobs: Sequence[Job]) -> None:
    """AssertionError unless the ledger has every job's points taken once, and each request's answer."""
    points = sum(job.points for job in jobs)
    left = MEMBERS * LOTS * LOT_POINTS - points
    expected = Redeemed(len(jobs), points, points, left, sum(len(job.requests) for job in jobs), len(jobs))
    has = Redeemed(*asyncio.run(_asked_of(run, _REDEEMED))[0])
    if has != expected:
        raise AssertionError(f"{run.settings.topic_prefix} has {has}, expected {expected}")


def wait_for_events(run: Run, count: int) -> None:
    """Until so many events have given their points; TimeoutError where they have not after `EVENTS_S`."""
    until = time.monotonic() + EVENTS_S
    while (has := asyncio.run(_asked_of(run, _EVENTS))[0][0]) < count:
        if time.monotonic() > until:
            raise TimeoutError(f"{has} of {count} events; see the logs of {run.settings.topic_prefix} in {run.folder}")
        time.sleep(0.4)


def earned(run: Run, purchases: Sequence[Purchase]) -> None:
    """AssertionError unless each purchase, however often it came, gave a point a whole yuan, twice as many at some."""
    told = {event["id"]: event["data"] for event in (orjson.loads(one.value) for one in purchases)}
    points = sum(data["amount_minor"] // 100 * (1 + (data["mcc"] in DOUBLED)) for data in told.values())
    has = asyncio.run(_asked_of(run, _EARNED))[0][0]
    if has != points:
        raise AssertionError(f"{run.settings.topic_prefix} has {has} points of purchases, expected {points}")


def rate(run: Run) -> float:
    """Redemptions a second, as `ledger.rate` counts events."""
    return ledger.steady(asyncio.run(_asked_of(run, _COMMITS)))


def transactions(run: Run) -> tuple[float, float, float]:
    """Redemptions captured in a transaction, and the median and 99th percentile of milliseconds to its commit."""
    commits = asyncio.run(_asked_of(run, _COMMITS))
    took = sorted((c["at"] - c["began"]) * 1000 for c in commits)
    return sum(c["events"] for c in commits) / len(commits), took[len(took) // 2], took[len(took) * 99 // 100]


async def _asked_of(run: Run, text: str) -> list[Any]:
    session = await asyncpg.connect(run.settings.owner_database_url)
    try:
        return list(await session.fetch(text))
    finally:
        await session.close()
