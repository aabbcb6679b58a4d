"""Heads of the journal's chains, as they were published outside: they tell a chain that was rewritten since."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

from aiokafka import AIOKafkaConsumer
from pydantic import Discriminator, TypeAdapter, ValidationError

from engine.evidence.chain import Attested
from engine.settings import Settings
from engine.store.outbox import ATTESTATIONS
from engine.trail import TRAIL
from schemas.outgoing import Attestation, ChainHead, TrailAttestation

POLL_MS: Final = 500
_HEAD: Final[TypeAdapter[Attestation | TrailAttestation]] = TypeAdapter(
    Annotated[Attestation | TrailAttestation, Discriminator("type")]
)


class AttestationError(ValueError):
    """What was given as attestations is none; the text names the line and what was expected."""


def of_messages(values: Iterable[bytes], where: str) -> Attested:
    """The links that messages tell, by lane and journal number."""
    found: Attested = {}
    for number, value in enumerate(values, 1):
        try:
            head = _HEAD.validate_json(value, by_name=False).data
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"][1:]))
            said = f"{place}: {first['msg']}" if place else first["msg"]
            raise AttestationError(f"{where}: message {number}: {said}") from error
        link, chain = bytes.fromhex(head.digest), head.lane if isinstance(head, ChainHead) else TRAIL
        if found.setdefault((chain, head.sequence), link) != link:
            said = f"{chain} {head.sequence} was attested otherwise before"
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
