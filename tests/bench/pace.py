"""Events at a steady pace, each stamped when it is produced, and when its posting came out on the outgoing topic."""

import random
import time
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import orjson
from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Consumer, Producer

from tests.bench.events import purchase
from tests.bench.ground import Run

TICK_S = 0.005
LINGER_MS = 5
"""What librdkafka and Kafka's own client wait by default; without it the broker is measured at a request an event."""
WARM_S = 5.0
"""Seconds of the pace that are not measured, while the broker and all connections warm up."""
PATIENCE_S = 20.0


def paced(run: Run, pace: int, seconds: float) -> tuple[datetime, list[float]]:
    """Produces so many events a second; answers from when on it is measured, and each one's milliseconds to the topic.

    Those of the time before, `WARM_S` long, are left out.
    """
    relayed: list[tuple[float, float]] = []
    count = int(pace * (seconds + WARM_S))
    listener = Thread(target=_listen, args=(run, count, relayed))
    listener.start()
    time.sleep(1)
    since = _produce(run, pace, count) + timedelta(seconds=WARM_S)
    listener.join()
    return since, [took_ms for at, took_ms in relayed if at >= since.timestamp()]


def _produce(run: Run, pace: int, count: int) -> datetime:
    producer = Producer(
        {"bootstrap.servers": run.settings.kafka_bootstrap, "partitioner": "murmur2_random", "linger.ms": LINGER_MS}
    )
    choose = random.Random(2)
    # The wall clock, for PostgreSQL's and Kafka's times are compared with it.
    began, start = datetime.fromtimestamp(time.time(), UTC), time.perf_counter()
    made = 0
    while made < count:
        due = min(count, int((time.perf_counter() - start) * pace))
        for _ in range(due - made):
            at = began + timedelta(seconds=time.perf_counter() - start)
            p = purchase(choose, at)
            producer.produce(run.topic, p.value, p.key)
        made = max(made, due)
        producer.poll(0)
        time.sleep(TICK_S)
    producer.flush()
    return began


def _listen(run: Run, count: int, relayed: list[tuple[float, float]]) -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": run.settings.kafka_bootstrap,
            "group.id": f"{run.settings.topic_prefix}-listener",
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 5,
        }
    )
    consumer.subscribe([run.settings.topic("postings")])
    until = time.monotonic() + PATIENCE_S + count / 1000
    while len(relayed) < count and time.monotonic() < until:
        for message in consumer.consume(500, 0.1):
            relayed += _relayed_ms(message)
    consumer.close()


def _relayed_ms(message: Any) -> list[tuple[float, float]]:
    """When the event happened, in seconds, and the milliseconds until this was published of it."""
    kind, at_ms = message.timestamp()
    if message.error() is not None or kind == TIMESTAMP_NOT_AVAILABLE:
        return []
    told = orjson.loads(message.value())
    if told["data"]["kind"] != "base":
        return []
    happened = datetime.fromisoformat(told["time"]).timestamp()
    return [(happened, at_ms - happened * 1000)]
