"""A steady stream of a made-up bank's events, paced by the clock, for load tests and rehearsals."""

import asyncio
import time
from itertools import islice

import orjson
from aiokafka import AIOKafkaProducer

from engine.demo.county import events
from engine.settings import Settings
from engine.stream.topics import partition_of

TICK_S = 0.05
YEAR = 2026


async def publish(settings: Settings, *, rate: int, seconds: int, members: int, seed: int) -> int:
    """Publishes `rate` events a second for so long, or until the year is over; answers how many."""
    made = ((key, event) for key, event in events(members, YEAR, seed) if not event["type"].startswith("business-day"))
    topic, sent = settings.topic("events"), 0
    async with AIOKafkaProducer(**settings.kafka_client, enable_idempotence=True, linger_ms=5) as producer:
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds:
            for key, event in islice(made, max(0, int(rate * now) - sent)):
                name = key.encode()
                await producer.send(topic, orjson.dumps(event), name, partition_of(name, settings.partitions))
                sent += 1
            await asyncio.sleep(TICK_S)
    return sent
