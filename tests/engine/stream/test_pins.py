"""What the transport rests on inside Faust and aiokafka, by the digest of its source.

One that differs is no fault yet. Read what changed in the release against what `engine/stream/transport.py`,
`fetching.py` and `protocol.py` say they rely on, run `tests/engine/stream` on it, then take over the digest that the
failure shows.
"""

import hashlib
import inspect
import textwrap
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

import pytest
from aiokafka.admin.client import AIOKafkaAdminClient
from aiokafka.consumer import fetcher
from aiokafka.consumer.consumer import AIOKafkaConsumer
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import Assignment, TopicPartitionState
from aiokafka.producer.message_accumulator import BatchBuilder, MessageAccumulator
from aiokafka.protocol.api import Request
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy
from faust.app.base import App
from faust.tables.recovery import Recovery
from faust.transport import consumer as faust_consumer
from faust.transport.conductor import ConductorCompiler
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import Message

from engine.stream.transport import Transport

PINS: list[tuple[Callable[..., Any], str]] = [
    # A fetch becomes messages; what is dropped on the way is always followed by a seek.
    (faust_consumer.Consumer.getmany, "e486c434b7928ee8"),
    (faust_consumer.Consumer._wait_next_records, "ba40cd3671328d3b"),
    (faust_consumer.Consumer._drain_messages, "8f35dd7a11144daa"),
    (faust_consumer.ThreadDelegateConsumer._getmany, "8dbffeccb0e3267f"),
    (driver.Consumer._to_message, "a2a5aefda42d9cd1"),
    (driver.AIOKafkaConsumerThread.getmany, "1b1c58046a9b2bb7"),
    (driver.AIOKafkaConsumerThread._fetch_records, "9e7369fc572de4d0"),
    (fetcher.Fetcher.fetched_records, "e20ce0c8117f12d2"),
    (fetcher.FetchResult.getall, "b638929de3431c67"),
    (fetcher.FetchResult.check_assignment, "2ffd6c1af9bc64df"),
    (fetcher.PartitionRecords.__init__, "4649d3084e5956ef"),
    (fetcher.PartitionRecords.__next__, "0c0c7e1a9e163108"),
    (fetcher.PartitionRecords._unpack_records, "047f7fc3f005c220"),
    (_MemoryRecordsPy._cache_next, "2a1ba1434a10bb7a"),
    (_MemoryRecordsPy.next_batch, "8915c50380624be3"),
    (_DefaultRecordBatchPy._maybe_uncompress, "373cfd89b30da68e"),
    (_DefaultRecordBatchPy._read_msg, "d8aa5d60caca268c"),
    (ConductorCompiler.build, "70ded0e719100a3f"),
    # An acknowledgement becomes a committed offset.
    (Message.ack, "3c9ee05236d3fe1f"),
    (faust_consumer.Consumer.ack, "5548cf0f75843f73"),
    (faust_consumer.Consumer.force_commit, "464b62ae917215ab"),
    (faust_consumer.Consumer._filter_committable_offsets, "4fb75ba687d078b9"),
    (faust_consumer.Consumer._filter_tps_with_pending_acks, "cccdca32d241b14c"),
    (faust_consumer.Consumer._should_commit, "91d8eb1ef6bf4994"),
    (faust_consumer.Consumer._new_offset, "2b29afe4dd9a65a3"),
    (driver.AIOKafkaConsumerThread._commit, "78c931ecfa8dde44"),
    # Where reading begins, and that nothing is read before.
    (faust_consumer.Consumer.perform_seek, "2b4ceebd23deb7ee"),
    (Recovery._resume_streams, "fbe0f747b84c0b27"),
    (driver.AIOKafkaConsumerThread._seek_wait, "98f8aa716db26656"),
    (AIOKafkaConsumer.seek, "fec4e1829687b7a8"),
    (AIOKafkaConsumer.pause, "3b2487f0d1f1a833"),
    (fetcher.Fetcher.seek_to, "10c45c3c873d9c50"),
    (fetcher.Fetcher._get_actions_per_node, "fd175a69d8d4f9b9"),
    (fetcher.Fetcher._proc_fetch_request, "ace04969424fc674"),
    (fetcher.Fetcher._update_fetch_positions, "1dc02ecce273299d"),
    (Assignment.state_value, "fd255204271deaed"),
    (TopicPartitionState.seek, "1b41febdd59c3809"),
    # Rebalances, and how it ends.
    (App.on_rebalance_start, "34f7e4e29e5dad13"),
    (App.on_rebalance_end, "702029e30de7fa32"),
    (App._on_partitions_revoked, "c1abd58dcb37f0a2"),
    (App._on_partitions_assigned, "c9c5485eb273837f"),
    (App._stop_consumer, "96573acf5f044586"),
    (faust_consumer.Consumer.wait_empty, "53195dca246c0a86"),
    (faust_consumer.Consumer.on_stop, "7accc1bf4f9759a1"),
    (GroupCoordinator._maybe_leave_group, "7bc230e3f4dc0222"),
    (GroupCoordinator._heartbeat_routine, "a6c6710b8e4a1a88"),
    # What is built in their place.
    (driver.AIOKafkaConsumerThread.__post_init__, "21d9b9cc0d165197"),
    (driver.AIOKafkaConsumerThread._create_worker_consumer, "c179c0bdb9755c3a"),
    (driver.Producer._new_producer, "a1bef421b9909a72"),
    (App._create_directories, "11b6b0b79e317509"),
    (AIOKafkaAdminClient._send_request, "651fab1488ec4a1a"),
    (Request.prepare, "af9f578c3892ad94"),
    # The relay's whole batches.
    (BatchBuilder.append, "65992902ef83c7cb"),
    (MessageAccumulator.add_batch, "35870bc8e9ebda9b"),
]


def digest(pinned: Callable[..., Any]) -> str:
    """Of the source, wherever it stands in its file."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(pinned)))
    return hashlib.sha256(source.encode()).hexdigest()[:16]


@pytest.mark.parametrize(("pinned", "known"), PINS, ids=[f"{one.__module__}.{one.__qualname__}" for one, _ in PINS])
def test_what_the_transport_rests_on_is_as_it_was_read(pinned: Callable[..., Any], known: str) -> None:
    assert digest(pinned) == known


def test_faust_finds_the_transport_by_its_name() -> None:
    (point,) = entry_points(group="faust.transports", name="points")
    assert point.load() is Transport
    assert TRANSPORTS.by_name("points") is Transport
