"""What may change within a version, and what may not, one change at a time."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from schemas.compatibility import breaking_changes
from schemas.contracts import json_schemas

KIND = "card.refunded.v1"
Schemas = dict[str, Any]


def payload(schemas: Schemas) -> Any:
    return schemas[KIND]["$defs"]["CardRefund"]


def field(schemas: Schemas, name: str) -> Any:
    return payload(schemas)["properties"][name]


def currencies(schemas: Schemas) -> Any:
    return schemas[KIND]["$defs"]["Currency"]


def changed(change: Callable[[Schemas], object]) -> list[str]:
    released = json_schemas()
    current = copy.deepcopy(released)
    change(current)
    assert current != released, "the case changes nothing"
    return breaking_changes(released, current)


def add_required(schemas: Schemas) -> None:
    payload(schemas)["properties"]["till"] = {"type": "string"}
    payload(schemas)["required"].append("till")


BREAKING: dict[str, tuple[Callable[[Schemas], object], str]] = {
    "a type removed": (lambda s: s.pop(KIND), "the type was removed"),
    "a field removed": (lambda s: payload(s)["properties"].pop("mcc"), ".data.mcc: the field was removed"),
    "a required field added": (add_required, ".data.till: is required, and was not"),
    "an optional field required": (lambda s: payload(s)["required"].append("original_id"), "is required, and was not"),
    "a required field optional": (lambda s: payload(s)["required"].remove("mcc"), "is optional, and was required"),
    "another kind of value": (lambda s: field(s, "amount_minor").update(type="string"), "type was 'integer'"),
    "a lower bound": (lambda s: field(s, "amount_minor").update(maximum=5), "maximum was"),
    "a bound more": (lambda s: field(s, "amount_minor").update(multipleOf=5), "multipleOf was None"),
    "another pattern": (lambda s: field(s, "mcc").update(pattern="^5"), "pattern was"),
    "a shorter text": (lambda s: field(s, "card").update(maxLength=8), "maxLength was 64, is 8"),
    "a currency removed": (lambda s: currencies(s)["enum"].remove("CNY"), "values were removed: ['CNY']"),
    "the list of currencies closed": (lambda s: currencies(s).update({"x-open": False}), "x-open was True"),
    "a null no longer taken": (lambda s: field(s, "original_id")["anyOf"].pop(), "the alternatives changed"),
    "another default": (lambda s: field(s, "original_id").update(default="x"), "default was None"),
    "another constant": (lambda s: s[KIND]["properties"]["specversion"].update(const="1.1"), "const was '1.0'"),
    "an object opened": (lambda s: payload(s).pop("additionalProperties"), "additionalProperties was False"),
    "fields tied together": (
        lambda s: payload(s)["dependentRequired"].update(card=["mcc"]),
        "must now be given together",
    ),
    "fields untied": (lambda s: payload(s)["dependentRequired"].pop("original_id"), "given together with changed"),
    "a closed list of values longer": (
        lambda s: s["card.purchased.v1"]["$defs"]["CardPurchase"]["properties"]["channel"]["enum"].append("drone"),
        "values were added to a closed list: ['drone']",
    ),
    "an element of a list changed": (
        lambda s: s["member.enrolled.v1"]["$defs"]["Enrolment"]["properties"]["segments"]["items"].update(maxLength=3),
        "segments[]: maxLength was 64, is 3",
    ),
}

HARMLESS: dict[str, Callable[[Schemas], object]] = {
    "a type added": lambda s: s.update({"card.lent.v1": {"type": "object"}}),
    "an optional field added": lambda s: payload(s)["properties"].update(till={"type": "string"}),
    "optional fields tied to each other": lambda s: (
        payload(s)["properties"].update(till={"type": "string"}, row={"type": "string"}),
        payload(s)["dependentRequired"].update(till=["row"], row=["till"]),
    ),
    "a currency added": lambda s: currencies(s)["enum"].append("XYZ"),
    "other words": lambda s: (field(s, "mcc").update(description="Other."), payload(s).update(title="Other")),
    "a definition renamed": lambda s: (
        s[KIND]["$defs"].update(Payback=s[KIND]["$defs"].pop("CardRefund")),
        s[KIND]["properties"]["data"].update({"$ref": "#/$defs/Payback"}),
    ),
}


@pytest.mark.parametrize(("change", "said"), BREAKING.values(), ids=BREAKING.keys())
def test_a_breaking_change_is_named(change: Callable[[Schemas], object], said: str) -> None:
    found = changed(change)
    assert found
    assert all(name.startswith((KIND, "card.purchased.v1", "member.enrolled.v1")) for name in found)
    assert any(said in name for name in found), found


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS.keys())
def test_a_harmless_change_passes(change: Callable[[Schemas], object]) -> None:
    assert not changed(change)


def test_nothing_changed_is_nothing_broken() -> None:
    assert not breaking_changes(json_schemas(), json_schemas())
