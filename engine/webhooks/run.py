"""The process `points webhooks run`."""

import logging

import uvloop

from engine.metrics import Meters
from engine.settings import Settings
from engine.store import connect
from engine.stream.health import Health
from engine.stream.outages import Outages
from engine.stream.repeats import hush
from engine.stream.worker import stopped, unless
from engine.webhooks.dispatcher import Dispatcher
from engine.webhooks.endpoints import key_of
from engine.webhooks.queue import Queue
from engine.webhooks.sending import Sender

log = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Tells merchants until SIGTERM or SIGINT. NoEndpoint names the setting that is missing."""
    hush()
    sender = Sender(settings, key_of(settings))
    uvloop.run(_run(settings, sender))


async def _run(settings: Settings, sender: Sender) -> None:
    stopping = stopped()
    meters = Meters()
    health = Health(meters.registry, dead=lambda: None, unready=lambda: None)
    log.info("health and metrics on port %d", await health.start(settings.http_host, settings.http_port))
    outages = Outages("database", connect.OUTAGES, settings, meters)
    pool = await unless(stopping, outages.through(lambda: connect.pool(settings)))
    if pool is not None:
        await unless(stopping, Dispatcher(settings, Queue(pool), sender, meters).run())
        pool.terminate()
    await sender.close()
    await health.stop()
    log.info("stopped")
