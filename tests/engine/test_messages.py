"""What is said of a posting, which is written as text: read back, it holds every field as it was."""

import json
from base64 import b64decode
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from engine.batch import Lane, Record
from engine.deciding import Decided
from engine.intake import Intake, Unusable
from engine.messages import dead_letter, said
from rules.decision import Decision, Posting
from rules.member import Member
from schemas.decode import decode
from schemas.outgoing import DeadLetter, PostingRecorded

ID = bytes(range(16))
LANE = Lane("loyalty.events", 3, 1)
POSTING = Posting(
    ID, "corner", "m-1", 7, b"k" * 16, "spend", "base", b"\xab" * 16, 1, "reward", 12, 15, "rule:spend:event", 1500, 1,
    100, None, "down", date(2026, 10, 5), date(2026, 10, 6), datetime(2026, 10, 5, 9, 30, 0, 120, tzinfo=UTC),
    date(2028, 11, 1), "fuel", "5411", 40,
)  # fmt: skip


def _decided(event_id: str, *postings: Posting) -> Decided:
    raw = {
        "specversion": "1.0",
        "id": event_id,
        "source": "/banks/corner/cards",
        "type": "channel.activated.v1",
        "subject": "m-1",
        "time": "2026-10-05T09:30:00.000120Z",
        "data": {"channel": "mobile"},
    }
    event, fingerprint = decode(json.dumps(raw).encode(), ())
    program: Any = None  # what is said of postings does not look at it
    intake = Intake(Record(0, 0, b"corner/m-1", b"", ()), "corner", ID, fingerprint, event, program)
    decision = Decision(Member("corner", "m-1"))
    decision.postings += postings
    return Decided(intake, decision)


@pytest.mark.parametrize("event_id", ["plain-1", 'a"quote', "back\\slash", "\\u0022b"])
def test_every_field_of_a_posting_is_said_whatever_its_cause_is_called(event_id: str) -> None:
    [one] = said(_decided(event_id, POSTING), LANE, 4)
    assert (one.topic, one.partition, one.key, one.id) == ("postings", 3, b"corner/m-1", str(UUID(bytes=ID)))
    assert json.loads(one.value) == {
        "specversion": "1.0",
        "id": "00010203-0405-0607-0809-0a0b0c0d0e0f",
        "source": "urn:points-engine",
        "type": "posting.recorded.v1",
        "subject": "m-1",
        "time": "2026-10-05T09:30:00.000120+00:00",
        "datacontenttype": "application/json",
        "data": {
            "bank": "corner",
            "member_id": "m-1",
            "member_version": 7,
            "posting_id": "00010203-0405-0607-0809-0a0b0c0d0e0f",
            "kind": "base",
            "event_source": "/banks/corner/cards",
            "event_id": event_id,
            "rule_id": "spend",
            "program_hash": "ab" * 16,
            "semantics": 1,
            "point_type": "reward",
            "points": 12,
            "desired_points": 15,
            "capped_by": "rule:spend:event",
            "basis": 1500,
            "rate_numerator": 1,
            "rate_denominator": 100,
            "rounding": "down",
            "business_date": "2026-10-06",
            "event_day": "2026-10-05",
            "occurred_at": "2026-10-05T09:30:00.000120+00:00",
            "expires_on": "2028-11-01",
            "restriction": "fuel",
            "balance_after": 40,
        },
    }


def test_what_a_posting_has_not_is_left_out_and_each_of_an_event_has_its_own_id() -> None:
    bare = POSTING._replace(
        posting_id=b"\xff" * 16, points=15, capped_by=None, expires_on=None, restriction=None, rule_id="double"
    )
    both = said(_decided("plain-1", POSTING, bare), LANE, 4)
    told = [json.loads(m.value)["data"] for m in both]
    assert [one["rule_id"] for one in told] == ["spend", "double"]
    assert [m.id for m in both] == [one["posting_id"] for one in told]
    assert told[0].keys() - told[1].keys() == {"capped_by", "expires_on", "restriction"}
    for m in both:
        PostingRecorded.model_validate_json(m.value, by_name=False)


LONG: dict[str, Record] = {
    "value": Record(7, 0, b"corner/m-1", b"x" * 900_000, ()),
    "key": Record(7, 0, b"k" * 900_000, b"x", ()),
    "all": Record(7, 0, b"k" * 300_000, b"x" * 300_000, (("h" * 150_000, b"v" * 150_000),) * 1),
    "many headers": Record(7, 0, b"k", b"x", (("", b""),) * 300_000),
    "names that JSON escapes": Record(7, 0, b"k" * 400_000, b"x" * 400_000, (("\x01" * 50, b""),) * 2_000),
}


@pytest.mark.parametrize("record", LONG.values(), ids=LONG)
def test_a_dead_letter_of_the_largest_record_that_a_broker_takes_is_one_that_it_takes(record: Record) -> None:
    """A broker's `message.max.bytes` is 1,048,588 by default, with the key and some 100 bytes around the message."""
    told = dead_letter(Unusable(record, "too-large", "too long"), LANE, b"d" * 32)
    assert len(told.value) + len(told.key or b"") < 1_000_000
    read = DeadLetter.model_validate_json(told.value).data
    assert read.truncated
    assert read.key == told.key == (record.key or b"")[:65_536]
    assert read.value == (record.value or b"")[:65_536]
    assert tuple(record.headers)[: len(read.headers)] == tuple((one.name, one.value) for one in read.headers)


def test_a_dead_letter_no_longer_than_an_event_is_told_whole() -> None:
    whole = Record(7, 0, b"corner/m-1", b"x" * 65_536, (("content-type", b"text/plain"), ("none", b"")))
    told = json.loads(dead_letter(Unusable(whole, "bad-json", "no JSON"), LANE, b"d" * 32).value)["data"]
    assert "truncated" not in told
    assert b64decode(told["value"]) == whole.value
    assert [(one["name"], b64decode(one["value"])) for one in told["headers"]] == list(whole.headers)
