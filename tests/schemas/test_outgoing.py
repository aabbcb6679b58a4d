"""What the engine says: built by its own code, read back by anyone's."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from schemas.contracts import json_schemas
from schemas.outgoing import MESSAGES, DeadLetter, DeadLetterHeader, UnusableRecord
from schemas.topics import TOPICS

AT = datetime(2026, 10, 5, 1, 30, tzinfo=UTC)
DAY = date(2026, 10, 5)
ID = UUID("6f0b3bde-3f0e-5f8e-9d8c-0a4b3d1f2a11")
OF_MEMBER: dict[str, Any] = {"bank": "anping", "member_id": "m-1", "member_version": 7}
CAUSE: dict[str, Any] = {"event_source": "/banks/anping/core", "event_id": "card-1"}
RULES: dict[str, Any] = {"program_hash": "ab" * 32, "semantics": 1}
RECORD = UnusableRecord(
    topic="loyalty.events",
    partition=3,
    offset=99,
    timestamp_ms=1_791_164_000_000,
    key=b"anping/m-1",
    value=b"\xff\x00{",
    headers=(DeadLetterHeader(name="ce_id", value=b"\xfe"),),
    digest="0f" * 32,
    reason="bad-encoding",
    detail="byte 0 is not UTF-8",
)

PAYLOADS: dict[str, Any] = {
    "posting.recorded.v1": {
        **OF_MEMBER,
        **CAUSE,
        **RULES,
        "posting_id": ID,
        "kind": "earned",
        "rule_id": "card-spend",
        "point_type": "reward",
        "points": 100,
        "desired_points": 123,
        "capped_by": "member-month",
        "basis": 12_345,
        "rate_numerator": 1,
        "rate_denominator": 100,
        "rounding": "down",
        "business_date": DAY,
        "event_day": DAY,
        "occurred_at": AT,
        "expires_on": date(2028, 11, 1),
        "balance_after": 4_100,
    },
    "event.refused.v1": {**OF_MEMBER, **CAUSE, "reason": "frozen", "detail": "no burn", "business_date": DAY},
    "tier.changed.v1": {
        **OF_MEMBER,
        **CAUSE,
        **RULES,
        "from_tier": "core",
        "to_tier": "vip",
        "reason": "earned",
        "business_date": DAY,
        "event_day": DAY,
        "occurred_at": AT,
    },
    "grant.issued.v1": {
        "bank": "anping",
        "network": "car-care",
        "grant_id": ID,
        "benefit": "car-wash",
        "units": 6,
        "valid_from": DAY,
        "valid_until": date(2027, 1, 1),
        "value_ceiling_minor": 4_000,
        "currency": "CNY",
    },
    "grant.revoked.v1": {"bank": "anping", "network": "car-care", "grant_id": ID, "reason": "downgraded"},
    "redemption.decided.v1": {
        "bank": "anping",
        "merchant": "mer-881",
        "merchant_ref": "20261005-17",
        "redemption_id": ID,
        "state": "refused",
        "refusal": "not-enough-points",
    },
    "signal.raised.v1": {
        **OF_MEMBER,
        "signal_id": ID,
        "signal": "large-outflow",
        "priority": "high",
        "manager": "rm-22",
        "amount_minor": 20_000_000,
        "currency": "CNY",
        "business_date": DAY,
    },
    "settlement.closed.v1": {
        "bank": "anping",
        "merchant": "mer-881",
        "number": 12,
        "business_date": DAY,
        "redemptions": 3,
        "reversals": 1,
        "amount_minor": -500,
        "currency": "CNY",
        "digest": "cd" * 32,
    },
    "trail.attested.v1": {"sequence": 12, "digest": "cd" * 32},
    "journal.attested.v1": {"lane": "loyalty.events-3", "sequence": 4_711, "digest": "ef" * 32},
    "dead-letter.filed.v1": RECORD,
}


def message(kind: str) -> Any:
    envelope = {"id": "msg-1", "source": "/points-engine", "subject": "m-1", "occurred_at": AT}
    return MESSAGES[kind].model_validate({**envelope, "data": PAYLOADS[kind]})


def test_every_message_has_a_case_here_and_a_topic_that_goes_out() -> None:
    assert PAYLOADS.keys() == MESSAGES.keys()
    assert all(TOPICS[model.topic.name].direction == "out" for model in MESSAGES.values())


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_is_read_back_as_it_was_and_keeps_its_contract(kind: str) -> None:
    said = message(kind)
    assert MESSAGES[kind].model_validate_json(said.written()) == said
    Draft202012Validator(json_schemas()[kind], format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
        orjson.loads(said.written())
    )


def test_a_dead_letter_gives_the_bytes_back() -> None:
    read = DeadLetter.model_validate_json(message("dead-letter.filed.v1").written())
    assert (read.data.key, read.data.value, read.data.headers[0].value) == (b"anping/m-1", b"\xff\x00{", b"\xfe")


def test_base64_of_another_alphabet_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"headers\.0\.value|value"):
        DeadLetterHeader.model_validate_json('{"name": "a", "value": "_-8="}')


def test_a_grant_says_nothing_about_the_person() -> None:
    for kind in ("grant.issued.v1", "grant.revoked.v1"):
        assert b"member" not in orjson.dumps(json_schemas()[kind]["$defs"])
