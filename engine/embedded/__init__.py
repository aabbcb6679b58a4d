"""Real PostgreSQL and real Apache Kafka out of packages, for the demo and the tests; banks set their own."""

from engine.embedded.child import EmbeddedError
from engine.embedded.kafka import Kafka, Listener
from engine.embedded.postgres import Postgres, Role
from engine.embedded.servers import Servers

__all__ = ["EmbeddedError", "Kafka", "Listener", "Postgres", "Role", "Servers"]
