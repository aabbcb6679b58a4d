"""Heads of the journal's chains, as they were published outside: they tell a chain that was rewritten since."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer
from pydantic import ValidationError

from engine.evidence.chain import Attested
from engine.settings import Settings
from engine.store.outbox import ATTESTATIONS
from schemas.outgoing import Attestation

POLL_MS: Final = 500


class AttestationError(ValueError):
    """What was given as attestations is none; the text names the line and what was expected."""


def of_messages(values: Iterable[bytes], where: str) -> Attested:
    """The links that messages tell, by lane and journal number."""
    found: Attested = {}
    for number, value in enumerate(values, 1):
        try:
            head = Attestation.model_validate_json(value, by_name=False).data
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise AttestationError(f"{where}: message {number}: {place}: {first['msg']}") from error
        link = bytes.fromhex(head.digest)
        if found.setdefault((head.lane, head.sequence), link) != link:
            said = f"{head.lane} {head.sequence} was attested otherwise before"
            raise AttestationError(f"{where}: message {number}: {said}")
    return found


def of_file(path: Path) -> Attested:
    """The links in a file of messages, one JSON object a line."""
    return of_messages((line for line in path.read_bytes().splitlines() if line.strip()), str(path))


async def of_topic(settings: Settings) -> Attested:
    """The links that the topic holds now."""
    topic = settings.topic(ATTESTATIONS)
    consumer = AIOKafkaConsumer(
        topic, **settings.kafka_client, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        places = sorted(consumer.assignment())
        ends = await consumer.end_offsets(places)
        values: list[bytes] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                values += [record.value or b"" for record in records]
        return of_messages(values, topic)
    finally:
        await consumer.stop()
