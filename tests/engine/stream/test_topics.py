"""Topics as they shall be, and the partition a key has."""

from collections.abc import Callable

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from engine.settings import Settings
from engine.stream import topics
from engine.stream.topics import TopicError, TopicSpec, murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "hashed"),
    # Source: org.apache.kafka.common.utils.UtilsTest.testMurmur2; signed there, as Java's int is.
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_that_of_kafka(key: bytes, hashed: int) -> None:
    assert murmur2(key) == hashed % 2**32


@given(st.binary(min_size=0, max_size=100), st.integers(min_value=1, max_value=4096))
def test_a_key_has_the_partition_that_the_default_partitioner_gives_it(key: bytes, count: int) -> None:
    everything = list(range(count))
    assert partition_of(key, count) == DefaultPartitioner()(key, everything, everything)


async def test_topics_are_made_once_with_stated_partitions(settings: Callable[..., Settings]) -> None:
    given = settings(partitions=3)
    wanted = topics.specs(given)
    assert sorted(await topics.create(given, wanted)) == sorted(one.name for one in wanted)
    assert await topics.create(given, wanted) == []
    await topics.verify(given, wanted)


async def test_other_partitions_are_refused_with_both_numbers(settings: Callable[..., Settings]) -> None:
    given = settings(partitions=3)
    one = TopicSpec(given.topic("events"), 3, {})
    await topics.create(given, [one])
    with pytest.raises(TopicError, match=r"events: has 3 partitions, POINTS_PARTITIONS says 5"):
        await topics.verify(given, [one._replace(partitions=5)])


async def test_a_lower_number_of_insync_replicas_is_refused(settings: Callable[..., Settings]) -> None:
    given = settings()
    one = TopicSpec(given.topic("events"), 1, {})
    await topics.create(given, [one])
    with pytest.raises(TopicError, match=r"min.insync.replicas is 1, expected at least 2"):
        await topics.verify(given, [one._replace(configs={"min.insync.replicas": "2"})])


async def test_a_missing_topic_is_named(settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "KNOWN_TRIES", 2)
    given = settings()
    with pytest.raises(TopicError, match=r"events: does not exist; `points init` makes it"):
        await topics.verify(given, [TopicSpec(given.topic("events"), 1, {})])
