"""Every metric of the product: one table, a sentence each. docs/operator.md repeats it and a test compares them."""

from typing import Literal, NamedTuple

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

Kind = Literal["counter", "gauge", "histogram"]


class Metric(NamedTuple):
    """A metric's kind, what it says and its labels. Counters are shown with `_total` behind their name."""

    kind: Kind
    says: str
    labels: tuple[str, ...] = ()


METRICS = {
    "points_lag_records": Metric("gauge", "Records of a partition not yet decided.", ("topic", "partition")),
    "points_batch_seconds": Metric("histogram", "Seconds from a batch's start to its commit, retries included."),
    "points_batch_events": Metric("histogram", "Records in a batch."),
    "points_events": Metric("counter", "Events decided and committed."),
    "points_members_closed": Metric("counter", "Members decided at the close of a day."),
    "points_postings": Metric("counter", "Postings committed."),
    "points_dead_letters": Metric("counter", "Unusable events put with the dead letters.", ("reason",)),
    "points_partitions_assigned": Metric("gauge", "Partitions this worker holds."),
    "points_partitions_paused": Metric(
        "gauge", "Partitions this worker holds that are paused; above 0 needs a person."
    ),
    "points_lanes_lost": Metric("counter", "Partitions whose stored position the broker no longer has."),
    "points_defects": Metric("counter", "Batches that could not be handled for a fault of the engine."),
    "points_outage": Metric("gauge", "1 while something outside fails and is retried.", ("of",)),
    "points_outage_seconds": Metric("counter", "Seconds spent in outages.", ("of",)),
    "points_rebalances": Metric("counter", "Times the partitions were dealt anew."),
    "points_outbox_age_seconds": Metric(
        "gauge", "Age of the oldest row that waits to be published; 0 when none waits."
    ),
    "points_relayed": Metric("counter", "Messages published from the outbox."),
    "points_door_seconds": Metric("histogram", "Seconds of a transaction of the API's door, tries included."),
    "points_door_commands": Metric("histogram", "Commands in a transaction of the door."),
    "points_door_busy": Metric("counter", "Tries of the door that met a member whom another transaction had locked."),
    "points_requests": Metric("counter", "Requests answered by the API.", ("route", "status")),
    "points_request_seconds": Metric("histogram", "Seconds from a request's head to its answer.", ("route",)),
    "points_holds_lapsed": Metric("counter", "Members of whom the sweeper found holds past their time."),
    "points_webhooks_taken": Metric("counter", "Webhooks that a merchant's server took."),
    "points_webhooks_refused": Metric("counter", "Tries of webhooks that came to nothing; most are made again later."),
    "points_webhooks_overdue_seconds": Metric("gauge", "For how long the longest due webhook has waited for its turn."),
    "points_webhooks_paused": Metric("gauge", "Endpoints that are paused; one that was not by hand needs a person."),
    "points_webhooks_active": Metric("gauge", "1 in the process that holds the webhooks' lock."),
    "points_attestations": Metric(
        "counter", "Links of the journal's and the trail's chains published on the attestations' topic."
    ),
    "points_relay_active": Metric("gauge", "1 in the process that holds the relay's lock."),
}

BATCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
BATCH_EVENTS = (1, 10, 50, 100, 250, 500, 1000, 2000, 4000, 8000, 16000)
BUCKETS = {
    "points_batch_seconds": BATCH_SECONDS, "points_batch_events": BATCH_EVENTS,
    "points_door_seconds": BATCH_SECONDS, "points_door_commands": BATCH_EVENTS,
    "points_request_seconds": BATCH_SECONDS,
}  # fmt: skip


class Meters:
    """The metrics of one process, ready to be moved."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Registers every metric of the table; twice in one registry is an error."""
        self.registry = registry
        self.lag_records = self._gauge("points_lag_records")
        self.batch_seconds = self._histogram("points_batch_seconds")
        self.batch_events = self._histogram("points_batch_events")
        self.events = self._counter("points_events")
        self.members_closed = self._counter("points_members_closed")
        self.postings = self._counter("points_postings")
        self.dead_letters = self._counter("points_dead_letters")
        self.partitions_assigned = self._gauge("points_partitions_assigned")
        self.partitions_paused = self._gauge("points_partitions_paused")
        self.lanes_lost = self._counter("points_lanes_lost")
        self.defects = self._counter("points_defects")
        self.outage = self._gauge("points_outage")
        self.outage_seconds = self._counter("points_outage_seconds")
        self.rebalances = self._counter("points_rebalances")
        self.outbox_age_seconds = self._gauge("points_outbox_age_seconds")
        self.relayed = self._counter("points_relayed")
        self.attestations = self._counter("points_attestations")
        self.relay_active = self._gauge("points_relay_active")
        self.door_seconds = self._histogram("points_door_seconds")
        self.door_commands = self._histogram("points_door_commands")
        self.door_busy = self._counter("points_door_busy")
        self.requests = self._counter("points_requests")
        self.request_seconds = self._histogram("points_request_seconds")
        self.holds_lapsed = self._counter("points_holds_lapsed")
        self.webhooks_taken = self._counter("points_webhooks_taken")
        self.webhooks_refused = self._counter("points_webhooks_refused")
        self.webhooks_overdue_seconds = self._gauge("points_webhooks_overdue_seconds")
        self.webhooks_paused = self._gauge("points_webhooks_paused")
        self.webhooks_active = self._gauge("points_webhooks_active")

    def _counter(self, name: str) -> Counter:
        return Counter(name, METRICS[name].says, METRICS[name].labels, registry=self.registry)

    def _gauge(self, name: str) -> Gauge:
        return Gauge(name, METRICS[name].says, METRICS[name].labels, registry=self.registry)

    def _histogram(self, name: str) -> Histogram:
        metric = METRICS[name]
        return Histogram(name, metric.says, metric.labels, buckets=BUCKETS[name], registry=self.registry)
