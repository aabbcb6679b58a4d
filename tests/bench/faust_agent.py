"""A contender: Faust as its documentation shows it. Typed records, an agent, one transaction an event."""

import sys
import tempfile
from typing import Any, Final

import asyncpg
import faust
import orjson

from engine.settings import load
from tests.bench import rival
from tests.bench.events import BANK

settings: Final = load()
concurrency: Final = int(sys.argv.pop())
app: Final = faust.App(
    settings.group_id,
    broker=f"kafka://{settings.kafka_bootstrap}",
    store="memory://",
    datadir=tempfile.mkdtemp(),
    topic_allow_declare=False,
    topic_disable_leader=True,
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
)


class Bought(faust.Record):
    card: str
    amount_minor: int
    currency: str
    mcc: str
    merchant: str
    channel: str


class Purchased(faust.Record, serializer="json"):
    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    businessdate: str
    datacontenttype: str
    data: Bought


topic: Final = app.topic(settings.topic("events"), key_type=str, value_type=Purchased)
_pools: list[Any] = []
_INSERT: Final = (
    f"insert into points.posting ({','.join(rival.POSTING)}) "
    f"values ({','.join(f'${i}' for i in range(1, len(rival.POSTING) + 1))})"
)


@app.agent(topic, concurrency=concurrency)
async def award(stream: Any) -> None:
    if not _pools:
        pool = asyncpg.create_pool(settings.database_url, min_size=concurrency, max_size=concurrency)
        _pools.append(pool)
        await pool
    async for event in stream:
        said = event.asdict() | {"data": event.data.asdict()}
        async with _pools[0].acquire() as session, session.transaction():
            await _take(session, rival.earned(said, orjson.dumps(said)))


async def _take(session: Any, e: rival.Earned) -> None:
    new = await session.fetchval(
        "insert into points.seen values ($1, $2) on conflict do nothing returning key", e.key, e.fingerprint
    )
    if new is None:
        return
    member = await session.fetchrow(
        "insert into points.member as m "
        "(bank, member_id, version, status, point_types, available, pending, held, deficit, partition) "
        "values ($1, $2, 1, 'provisional', '{reward}', array[$3::bigint], '{0}', '{0}', '{0}', 0) "
        "on conflict (bank, member_id) do update set version = m.version + 1, available[1] = m.available[1] + $3 "
        "returning version, available[1] as available",
        BANK,
        e.member_id,
        rival.total(e),
    )
    for row in rival.postings(e, member["version"], member["available"] - rival.total(e)):
        await session.execute(_INSERT, *row)


if __name__ == "__main__":
    sys.argv[1:] = ["worker", "--without-web", "-l", "warn"]
    app.main()
