"""PostgreSQL and Kafka side by side."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.embedded.kafka import Kafka
from engine.embedded.postgres import Postgres


@dataclass(frozen=True, slots=True)
class Servers:
    """Both, up."""

    postgres: Postgres
    kafka: Kafka

    @classmethod
    def start(cls, folder: Path, *, home: Path, postgres_options: Mapping[str, str] | None = None) -> Self:
        """Starts both at once in `folder`; when one fails, the other is stopped and the error raised."""
        with ThreadPoolExecutor(2) as pool:
            postgres = pool.submit(Postgres.start, folder / "postgres", options=postgres_options)
            kafka = pool.submit(Kafka.start, folder / "kafka", home=home)
        failed = postgres.exception() or kafka.exception()
        if failed is None:
            return cls(postgres.result(), kafka.result())
        for future in (postgres, kafka):
            if future.exception() is None:
                future.result().stop()
        raise failed

    def stop(self) -> None:
        """Stops both at once."""
        with ThreadPoolExecutor(2) as pool:
            for server in (self.postgres, self.kafka):
                pool.submit(server.stop)

    def __enter__(self) -> Self:
        """Both, up; they stop at the end of the `with`."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stops both."""
        self.stop()
