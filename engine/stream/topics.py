"""The topics: made by `points init` with stated partitions, compared at every start, and which partition a key has."""

import asyncio
from collections.abc import Mapping, Sequence
from struct import iter_unpack
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from engine.settings import Settings

DAY_MS = 86_400_000
MEMBER_KEYED = ("events", "postings", "tiers", "redemption-results", "signals")
TOPIC_EXISTS = 36
UNKNOWN_TOPIC = 3
KNOWN_TRIES = 100
KNOWN_PAUSE_S = 0.1
MIN_INSYNC = "min.insync.replicas"

SEED = 0x9747B28C
MIX = 0x5BD1E995
WORD = 0xFFFFFFFF


class TopicError(Exception):
    """The brokers' topics are not what the settings say; the text names each topic and what differs."""


class TopicSpec(NamedTuple):
    """A topic as it shall be."""

    name: str
    partitions: int
    configs: Mapping[str, str]


def specs(settings: Settings) -> list[TopicSpec]:
    """Every topic of the product. Member-keyed topics share their number of partitions.

    Input is kept for 30 days (the journal is the evidence, not the topic), dead letters and attestations for 400.
    """
    insync = str(max(1, settings.replication_factor - 1))
    days = {"calendar": 400, "dead-letters": 400, "attestations": 400, "settlements": 400}
    partitions = dict.fromkeys(MEMBER_KEYED, settings.partitions)
    partitions |= {
        "grants": settings.partitions,
        "redemptions": settings.partitions,
        "dead-letters": settings.partitions,
    }
    partitions |= {"calendar": 1, "settlements": 1, "attestations": 1}
    return [
        TopicSpec(
            settings.topic(name),
            count,
            {"retention.ms": str(days.get(name, 30) * DAY_MS), "cleanup.policy": "delete", MIN_INSYNC: insync},
        )
        for name, count in partitions.items()
    ]


async def create(settings: Settings, wanted: Sequence[TopicSpec]) -> list[str]:
    """Makes the topics that are missing and answers their names; `TopicError` if one that exists differs."""
    admin = AIOKafkaAdminClient(**settings.kafka_client)
    await admin.start()
    try:
        new = [
            NewTopic(one.name, one.partitions, settings.replication_factor, topic_configs=dict(one.configs))
            for one in wanted
        ]
        answer = await admin.create_topics(new)
        made = [name for name, code, *_ in answer.topic_errors if code == 0]
        failed = [(name, code, said) for name, code, said, *_ in answer.topic_errors if code not in (0, TOPIC_EXISTS)]
        if failed:
            raise TopicError("\n".join(f"{name}: {for_code(code).__name__}: {said}" for name, code, said in failed))
        await _until_known(admin, made)
        await _compare(admin, wanted)
    finally:
        await admin.close()
    return made


async def _until_known(admin: AIOKafkaAdminClient, names: Sequence[str]) -> None:
    """A broker tells of a topic some moments after it was made."""
    for _ in range(KNOWN_TRIES if names else 0):
        if all(one["error_code"] != UNKNOWN_TOPIC for one in await admin.describe_topics(list(names))):
            return
        await asyncio.sleep(KNOWN_PAUSE_S)


async def verify(settings: Settings, wanted: Sequence[TopicSpec]) -> None:
    """`TopicError` if a topic is missing, has other partitions, or a lower `min.insync.replicas` than it shall have."""
    admin = AIOKafkaAdminClient(**settings.kafka_client)
    await admin.start()
    try:
        await _until_known(admin, [one.name for one in wanted])
        await _compare(admin, wanted)
    finally:
        await admin.close()


async def _compare(admin: AIOKafkaAdminClient, wanted: Sequence[TopicSpec]) -> None:
    described = {one["topic"]: one for one in await admin.describe_topics([one.name for one in wanted])}
    wrong = [text for one in wanted if (text := _partitions_wrong(one, described[one.name]))]
    if not wrong:
        wrong = await _insync_wrong(admin, wanted)
    if wrong:
        raise TopicError("\n".join(wrong))


def _partitions_wrong(one: TopicSpec, found: Mapping[str, Any]) -> str | None:
    partitions = found["partitions"]
    if found["error_code"] == UNKNOWN_TOPIC:
        return f"{one.name}: does not exist; `points init` makes it"
    if found["error_code"]:  # a broker is still finding its leader: an outage, which passes
        raise for_code(found["error_code"])(one.name)
    if len(partitions) != one.partitions:
        return (
            f"{one.name}: has {len(partitions)} partitions, POINTS_PARTITIONS says {one.partitions}; "
            "members would change their partitions, so it stays what it was at `points init`"
        )
    return None


async def _insync_wrong(admin: AIOKafkaAdminClient, wanted: Sequence[TopicSpec]) -> list[str]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, one.name, {MIN_INSYNC: None}) for one in wanted]
    found: dict[str, int] = {}
    for answer in await admin.describe_configs(asked):
        for _code, _said, _kind, name, configs in answer.resources:
            found[name] = int(next(value for key, value, *_ in configs if key == MIN_INSYNC))
    return [
        f"{one.name}: {MIN_INSYNC} is {found[one.name]}, expected at least {one.configs[MIN_INSYNC]}"
        for one in wanted
        if MIN_INSYNC in one.configs and found[one.name] < int(one.configs[MIN_INSYNC])
    ]


def partition_of(key: bytes, count: int) -> int:
    """The partition that Kafka's Java producer puts this key in, of `count`; librdkafka's default is another."""
    return (murmur2(key) & 0x7FFFFFFF) % count


def murmur2(key: bytes) -> int:
    """Kafka's murmur2: 32 bits, unsigned. Source: org.apache.kafka.common.utils.Utils.murmur2."""
    mixed = SEED ^ len(key)
    whole = len(key) & ~3
    for (word,) in iter_unpack("<I", key[:whole]):
        stirred = word * MIX & WORD
        mixed = mixed * MIX & WORD ^ (stirred ^ stirred >> 24) * MIX & WORD
    if whole < len(key):
        mixed = (mixed ^ int.from_bytes(key[whole:], "little")) * MIX & WORD
    mixed = (mixed ^ mixed >> 13) * MIX & WORD
    return mixed ^ mixed >> 15
