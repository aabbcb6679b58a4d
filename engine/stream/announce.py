"""An operator's announcement that a business day has ended, one for each source of the bank."""

from datetime import date, datetime, time, timedelta
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer

from engine.registry import Registries
from engine.settings import Settings
from engine.setup import SetupError
from engine.store import connect
from schemas.events import BusinessDayClosed

CALENDAR = "calendar"


async def close(settings: Settings, bank: str, day: date, through: date) -> list[str]:
    """Publishes `business-day.closed` for every source of the bank; answers them. The same day has the same ids."""
    pool: asyncpg.Pool[Any] = await connect.pool(settings)
    try:
        registry = await Registries(pool).read()
    finally:
        await pool.close()
    sources = sorted(name for name, source in registry.sources.items() if source.bank == bank)
    if not sources or bank not in registry.programs:
        raise SetupError(f"no bank is called {bank!r}; there are: {', '.join(sorted(registry.programs))}")
    zone = registry.programs[bank].zone
    at = datetime.combine(through + timedelta(days=1), time(), zone)
    async with AIOKafkaProducer(**settings.kafka_client, enable_idempotence=True) as producer:
        for source in sources:
            event = BusinessDayClosed.model_validate(
                {
                    "id": f"close-{day}",
                    "source": source,
                    "subject": CALENDAR,
                    "time": at,
                    "data": {"business_date": day, "through": through},
                }
            )
            value = orjson.dumps(event.model_dump(mode="json", exclude_none=True))
            await producer.send_and_wait(settings.topic(CALENDAR), value, f"{bank}/{source}".encode())
    return sources
