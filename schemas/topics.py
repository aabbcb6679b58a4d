"""Every topic: what flows on it, how it is keyed and kept."""

from typing import Final, Literal, NamedTuple


class Topic(NamedTuple):
    """`direction` is as the engine sees it; `loyalty.events` is both, for its own markers and messages to members."""

    name: str
    key: str
    cleanup: Literal["delete", "compact"]
    direction: Literal["in", "out", "both"]
    about: str


EVENTS: Final = Topic(
    "loyalty.events", "bank/member_id", "delete", "both", "Everything about a member, in one order per member."
)
CALENDAR: Final = Topic(
    "loyalty.calendar", "bank/source", "delete", "in", "Sources announce the end of their business days."
)
REDEMPTIONS: Final = Topic(
    "loyalty.redemptions", "bank/merchant", "delete", "in", "Redemptions that merchants upload in batches."
)
POSTINGS: Final = Topic(
    "loyalty.postings", "bank/member_id", "delete", "out", "Every movement of points, and every event refused."
)
TIERS: Final = Topic("loyalty.tiers", "bank/member_id", "delete", "out", "Every change of tier, with its reason.")
GRANTS: Final = Topic(
    "loyalty.grants", "bank/network", "delete", "out", "What merchants of a network may redeem; nothing about persons."
)
REDEMPTION_RESULTS: Final = Topic(
    "loyalty.redemption-results", "bank/merchant", "delete", "out", "What became of each redemption."
)
SIGNALS: Final = Topic(
    "loyalty.signals", "bank/member_id", "delete", "out", "Prompts for the relationship manager, at the right moment."
)
SETTLEMENTS: Final = Topic(
    "loyalty.settlements", "bank/merchant", "delete", "out", "Each settlement file: its number, totals and digest."
)
ATTESTATIONS: Final = Topic(
    "loyalty.attestations", "lane", "delete", "out", "The heads of the journal's chains, hourly, kept for the auditor."
)
DEAD_LETTERS: Final = Topic(
    "loyalty.dead-letters", "as the record's", "delete", "out", "Records that cannot be used, whole, with the reason."
)

TOPICS: Final[dict[str, Topic]] = {
    topic.name: topic
    for topic in (
        EVENTS,
        CALENDAR,
        REDEMPTIONS,
        POSTINGS,
        TIERS,
        GRANTS,
        REDEMPTION_RESULTS,
        SIGNALS,
        SETTLEMENTS,
        ATTESTATIONS,
        DEAD_LETTERS,
    )
}
