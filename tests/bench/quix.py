"""A contender: Quix Streams with a batching sink, one transaction a partition and checkpoint."""

import tempfile
from typing import Any, Final

import psycopg
from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch

from engine.garbage import collect_seldom
from engine.settings import load
from tests.bench import rival
from tests.bench.events import BANK

COMMIT_EVERY: Final = 8_000
"""Records between checkpoints; of 2,000, 4,000, 8,000 and 16,000 the fastest where it was tried."""

_SEEN: Final = "insert into seen select * from unnest(%s::uuid[], %s::uuid[]) on conflict do nothing returning key"
_LOADED: Final = "select member_id, version, available[1] from member where bank = %s and member_id = any(%s)"
_COPIED: Final = f"copy posting ({','.join(rival.POSTING)}) from stdin (format binary)"
_KEPT: Final = """
    insert into member (bank, member_id, version, status, point_types, available, pending, held, deficit, partition)
    select %s, m, v, 'provisional', '{reward}', array[a], '{0}', '{0}', '{0}', 0
    from unnest(%s::text[], %s::bigint[], %s::bigint[]) as t (m, v, a)
    on conflict (bank, member_id) do update set version = excluded.version, available = excluded.available
"""


class Sink(BatchingSink):
    """Writes a partition's records of a checkpoint in one transaction."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def setup(self) -> None:
        self._session = psycopg.connect(self._address, autocommit=True, options="-c search_path=points -c jit=off")

    def write(self, batch: SinkBatch) -> None:
        found: dict[Any, rival.Earned] = {}
        for item in batch:
            found.setdefault(item.value.key, item.value)
        with self._session.transaction(), self._session.cursor() as cursor:
            in_order = sorted(found)
            cursor.execute(_SEEN, (in_order, [found[k].fingerprint for k in in_order]), binary=True)
            new = {row[0] for row in cursor.fetchall()}
            self._record(cursor, [e for k, e in found.items() if k in new])

    def _record(self, cursor: Any, events: list[rival.Earned]) -> None:
        members = dict.fromkeys(sorted({e.member_id for e in events}), (0, 0))
        cursor.execute(_LOADED, (BANK, list(members)), binary=True)
        members |= {id_: (version, available) for id_, version, available in cursor}
        with cursor.copy(_COPIED) as copy:
            copy.set_types(rival.POSTING_TYPES)
            for e in events:
                version, available = members[e.member_id]
                for row in rival.postings(e, version + 1, available):
                    copy.write_row(row)
                members[e.member_id] = (version + 1, available + rival.total(e))
        versions, balances = [m[0] for m in members.values()], [m[1] for m in members.values()]
        cursor.execute(_KEPT, (BANK, list(members), versions, balances))


def main() -> None:
    settings = load()
    app = Application(
        settings.kafka_bootstrap,
        consumer_group=settings.group_id,
        auto_offset_reset="earliest",
        commit_every=COMMIT_EVERY,
        commit_interval=1.0,
        auto_create_topics=False,
        use_changelog_topics=False,
        state_dir=tempfile.mkdtemp(),
    )
    topic = app.topic(settings.topic("events"), key_deserializer="str", value_deserializer="json")
    frame = app.dataframe(topic).apply(lambda event: rival.earned(event, repr(event).encode()))
    frame.sink(Sink(settings.database_url))
    collect_seldom()
    app.run()


if __name__ == "__main__":
    main()
