"""`points api`: processes on one port, each with the application, a door and a sweeper."""

import logging
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.supervisors import Multiprocess

from engine import logs
from engine.api.app import create_app
from engine.api.keys import pepper
from engine.api.protocol import HEAD_BYTES_MAX, Protocol
from engine.garbage import collect_seldom
from engine.metrics import Meters
from engine.settings import Settings, load

if TYPE_CHECKING:
    from fastapi import FastAPI

log = logging.getLogger(__name__)

SPARE: Final = 500
"""Connections of one process beyond those of commands that may wait: readers', and idle ones'."""


def run(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, and answers what is being decided. SettingsError where a secret is missing."""
    pepper(settings)
    config = uvicorn.Config(
        "engine.api.run:application", factory=True, host=settings.api_host, port=settings.api_port, loop="uvloop",
        http=Protocol, ws="none", lifespan="on", workers=settings.api_workers, log_config=None, access_log=False,
        server_header=False, date_header=False, proxy_headers=False, h11_max_incomplete_event_size=HEAD_BYTES_MAX,
        timeout_keep_alive=75, timeout_graceful_shutdown=10, backlog=1024,
        limit_concurrency=settings.api_waiting_max + SPARE,
    )  # fmt: skip
    listening = config.bind_socket()
    log.info("the API listens on %s:%d", *listening.getsockname()[:2])
    server = uvicorn.Server(config)
    if settings.api_workers > 1:
        Multiprocess(config, [listening]).run()
    else:
        server.run(sockets=[listening])


def application() -> "FastAPI":
    """The application of one process, by the environment's settings."""
    settings = load()
    logs.set_up(settings)
    collect_seldom()
    Protocol.head_s = settings.api_read_s
    return create_app(settings, Meters())
