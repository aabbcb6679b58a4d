"""Workers begin together on topics that nobody has written to, and are told to stop at any moment of it."""

import asyncio
import signal

from tests.engine.stream.conftest import World
from tests.engine.stream.test_slots import settled

TOLD_AT_ONCE = (0, -signal.SIGTERM)
"""A process that is told to stop while Python loads it ends by the signal itself, as docs/operator.md says."""


async def test_two_workers_begin_together_on_an_empty_topic_again_and_again(world: World, full: bool) -> None:
    """Each time in a group that is new to Kafka, which has no offsets for them; then they work."""
    for number in range(20 if full else 3):
        given = world.settings.model_copy(update={"group_id": f"{world.settings.group_id}-{number}"})
        both = [world.workers.start(group_id=given.group_id) for _ in range(2)]
        await settled(given, 2)
        for worker in both:
            assert await world.workers.stop(worker) == 0, world.workers.said(worker)
            assert "NoOffsetForPartitionError" not in world.workers.said(worker)
    last = [world.workers.start(group_id=f"{world.settings.group_id}-last") for _ in range(2)]
    for partition in range(4):
        await world.produce(partition, [b"first"])
    await world.until_kept(4)
    for worker in last:
        assert await world.workers.stop(worker) == 0


async def test_a_worker_told_to_stop_at_any_moment_of_its_beginning_ends_in_order(world: World, full: bool) -> None:
    """Told so many tenths of a second after its start; nothing is left that keeps the next one from its slot."""
    for tenths in range(0, 40, 2 if full else 10):
        worker = world.workers.start(worker_slots=1)
        await asyncio.sleep(tenths / 10)
        assert await world.workers.stop(worker) in TOLD_AT_ONCE, world.workers.said(worker)
    worker = world.workers.start(worker_slots=1)
    await world.produce(0, [b"first"])
    await world.until_kept(1)
    assert await world.workers.stop(worker) == 0
