"""Members are forgotten while others go on: what they told of themselves is nowhere, and the ledger is whole."""

import json
import random
from functools import partial
from typing import Any, NamedTuple

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from engine.settings import load
from engine.store import connect
from engine.store.outbox import Outbox
from tests.canaries import holds, where
from tests.chaos.evidence import kept_on
from tests.chaos.house import House, eventually
from tests.chaos.traffic import BEGINS, Sent, event, purchase, sent

GONE, STAYS = "canary-7f3a", "canary-91cc"
TOPICS = ("postings", "tiers", "grants", "signals", "redemption-results", "attestations")
"""What the engine says of what it decided; its dead letters are told apart."""
POINTS_EACH = 12
"""Of a purchase of 12.50 at one point per full 1.00; forty a month are below the cap of 500."""


class Story(NamedTuple):
    """What is sent first, and what is sent while members are erased."""

    told: list[Sent]
    load: list[Sent]
    purchases: dict[str, int]
    erased: list[str]


def profile(word: str) -> dict[str, Any]:
    """The canary in every field that can hold it."""
    return {"branch": f"b-{word}", "region": word, "segments": [word], "manager": f"m-{word}", "deputy": f"d-{word}"}


def refused(member: str) -> Sent:
    """A profile with a field too many."""
    return sent(event("member.updated.v1", f"bad-{member}", member, BEGINS, profile(GONE) | {"phone": "none"}))


def in_headers(member: str) -> Sent:
    """A profile in CloudEvents' binary mode."""
    told = event("member.updated.v1", f"bin-{member}", member, BEGINS, profile(GONE))
    headers = {f"ce_{name}": str(value).encode() for name, value in told.items() if name != "data"}
    headers["content-type"] = headers.pop("ce_datacontenttype")
    return Sent(f"corner/{member}".encode(), json.dumps(told["data"]).encode(), tuple(headers.items()))


def story(members: int, seed: int) -> Story:
    """Two members in three are erased at a random place of the load; a third of these were told of again before."""
    draw = random.Random(seed)
    names = [f"e-{number:05}" for number in range(members * 3 // 2)]
    erased = names[:members]
    told = [sent(event("member.enrolled.v1", f"j-{n}", n, BEGINS, profile(GONE if n in set(erased) else STAYS)))
            for n in names]  # fmt: skip
    told += [make(name) for make in (refused, in_headers) for name in erased[::3]] + told[::5]
    bought = [(draw.random(), purchase(f"p-{n}-{at}", n, BEGINS)) for n in names for at in range(draw.randrange(5, 40))]
    request = [(draw.random(), event("member.erased.v1", f"x-{n}", n, BEGINS, {"request": f"r-{n}"})) for n in erased]
    mixed = sorted([*bought, *request], key=lambda pair: pair[0])
    purchases = {name: sum(one["subject"] == name for _, one in bought) for name in names}
    return Story(told, [sent(one) for _, one in mixed], purchases, erased)


async def test_who_is_erased_under_load_is_forgotten_and_every_sum_stays(house: House, full: bool) -> None:
    """A worker is killed on the way. What was there before is found, so that what is not found later is gone."""
    ours = story(1_000 if full else 60, 43)
    worker = house.start()
    await house.produce(ours.told)
    await house.quiet()
    session = await asyncpg.connect(house.database_url, server_settings={"search_path": "points"})
    assert await where(session, GONE) == ["dead_letter", "member", "outbox"]
    await house.produce(ours.load[: len(ours.load) // 2], seconds=1)
    await eventually(partial(_some_erased, house), 60.0, house.told)
    await house.kill(worker)
    worker = house.start()
    await house.produce(ours.load[len(ours.load) // 2 :], seconds=1)
    await house.produce(one for one in ours.told if b"phone" not in (one.value or b""))  # told again, all repeats
    await house.quiet()
    await _retentions_pass(house)
    assert await where(session, GONE) == []
    assert await where(session, STAYS) == ["member"]
    assert {row["member_id"] for row in await session.fetch("select member_id from member_key")}.isdisjoint(ours.erased)
    sums = await session.fetch("select member_id, sum(points)::int8 as points from posting group by 1")
    assert {row["member_id"]: row["points"] for row in sums} == {
        name: POINTS_EACH * count for name, count in ours.purchases.items()
    }
    await session.close()
    await _said_nothing(house)
    verified = json.loads(await house.points("verify", "--json"))
    assert (verified["divergence"], verified["erased"]) == (None, len(ours.erased))
    assert [one["name"] for one in json.loads(await house.points("audit", "--json")) if one["wrong"]] == []
    await house.stop(worker)


async def _some_erased(house: House) -> bool:
    [row] = await house.run("select count(*) as n from member where state::jsonb ? 'profile'")
    [all_] = await house.run("select count(*) as n from member")
    return bool(row["n"] < all_["n"])


async def _retentions_pass(house: House) -> None:
    """The outbox is pruned, and the dead letters' topic has lost its old records, as after their time."""
    pool = await connect.pool(load(**house.given))
    await Outbox(pool, str).prune(days=0, dead_letter_days=400)
    await pool.close()
    letters, _ = await kept_on(house.bootstrap, f"{house.prefix}.dead-letters")
    assert any(holds(record.value or b"", GONE) for records in letters.values() for record in records)
    admin = AIOKafkaAdminClient(bootstrap_servers=house.bootstrap)
    await admin.start()
    places = [TopicPartition(f"{house.prefix}.dead-letters", number) for number in letters]
    await admin.delete_records({place: RecordsToDelete(before_offset=-1) for place in places})
    await admin.close()


async def _said_nothing(house: House) -> None:
    for name in (*TOPICS, "dead-letters"):
        records, _ = await kept_on(house.bootstrap, f"{house.prefix}.{name}")
        said = b"\n".join(b"".join((r.key or b"", r.value or b"")) for part in records.values() for r in part)
        assert not holds(said, GONE), name
    for worker in house.workers:
        assert not holds(house.said(worker).encode(), GONE)
