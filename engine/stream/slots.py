"""Worker slots: each worker leases one, and with it a name in Kafka's group that outlives a crash.

A worker that is killed and started again takes the slot that is free and is the same member to Kafka: its partitions
wait for it and the others never pause. A worker beyond the slots waits as a standby.
"""

import asyncio
import logging

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code

from engine.settings import Settings
from engine.stream.lease import FAILURES, Lease
from engine.stream.protocol import LeaveGroup

log = logging.getLogger(__name__)

WAIT_S = 1.0
UNKNOWN_MEMBER = 25


def instance_id(settings: Settings, slot: int) -> str:
    """The name of a slot's static member in Kafka's group."""
    return f"{settings.group_id}-{slot}"


async def leased(settings: Settings) -> Lease:
    """A slot of this process's own; waits for ever for a free one and for PostgreSQL."""
    said = ""
    while True:
        try:
            lease = await Lease.take(settings, f"points worker {settings.group_id}", range(settings.worker_slots))
            waits = f"all {settings.worker_slots} worker slots are held; standing by"
        except FAILURES as failure:
            lease, waits = None, f"PostgreSQL does not answer: {failure!r}"
        if lease is not None:
            log.info("holding worker slot %d", lease.number)
            return lease
        if waits != said:
            log.warning("%s", waits)
            said = waits
        await asyncio.sleep(WAIT_S)


async def remove_member(settings: Settings, slot: int) -> bool:
    """Removes a slot's static member, so that its partitions go to others at once; False if Kafka did not know it.

    aiokafka leaves a static member in the group, as it should for a restart.
    """
    admin = AIOKafkaAdminClient(**settings.kafka_client)
    await admin.start()
    try:
        coordinator = await admin.find_coordinator(settings.group_id)
        request = LeaveGroup(settings.group_id, instance_id(settings, slot))
        answer = await admin._send_request(request, coordinator)  # noqa: SLF001  # it has no public way to send
    finally:
        await admin.close()
    code = answer.error_code or answer.members[0][2]
    if code not in (0, UNKNOWN_MEMBER):
        raise for_code(code)(f"removing {instance_id(settings, slot)} from {settings.group_id}")
    return bool(code == 0)
