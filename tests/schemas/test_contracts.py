"""The committed contracts are the models', they are lawful, and nobody who relies on them is broken."""

import json
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker
from pydantic import BaseModel, ValidationError

from schemas.compatibility import breaking_changes
from schemas.contracts import asyncapi, contract_files, json_schemas, written
from schemas.event import Event
from schemas.events import MODELS
from schemas.outgoing import MESSAGES
from schemas.topics import TOPICS
from tests.schemas import write_contracts
from tests.schemas.samples import SAMPLES
from tests.schemas.write_contracts import GENERATED, PAGE, RELEASED, page_with_tables, released

SCHEMAS = json_schemas()
HOW = "run: python tests/schemas/write_contracts.py"


def checker(kind: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[kind], format_checker=FormatChecker())


def test_the_committed_contracts_are_current() -> None:
    committed = {path.name: path.read_bytes() for path in GENERATED.glob("*.json")}
    committed.pop(RELEASED.name)
    assert committed == contract_files(), HOW


def test_the_page_is_in_step_with_the_models() -> None:
    page = PAGE.read_text()
    assert page == page_with_tables(page), HOW
    assert all(f"| `{name}` |" in page for name in (*MODELS, *MESSAGES, *TOPICS))


def test_what_was_released_still_holds() -> None:
    assert not breaking_changes(released(), SCHEMAS)


def test_every_type_is_released() -> None:
    assert released().keys() == SCHEMAS.keys(), HOW


def test_a_change_that_breaks_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {name: schema for name, schema in SCHEMAS.items() if name != "bill.paid.v1"}
    monkeypatch.setattr(write_contracts, "json_schemas", lambda: fewer)
    before = RELEASED.read_bytes()
    with pytest.raises(SystemExit, match=r"bill\.paid\.v1: the type was removed"):
        write_contracts.main()
    assert RELEASED.read_bytes() == before


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_schema_is_lawful_and_closed(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind])
    assert all(part["additionalProperties"] is False for part in (SCHEMAS[kind], *objects(SCHEMAS[kind])))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_bound_is_one_that_its_part_has(kind: str) -> None:
    """A validator ignores `maxLength` of a list and `maxItems` of a text, and so what they were to bound."""
    found = [
        (word, part)
        for part in mappings(SCHEMAS[kind])
        for word, of in {"maxLength": "string", "pattern": "string", "maxItems": "array", "minItems": "array"}.items()
        if word in part and part.get("type", of) != of
    ]
    assert found == []


def mappings(schema: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in it, itself too."""
    if isinstance(schema, dict):
        yield schema
    for one in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from mappings(one)


def objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in schema["$defs"].values() if part.get("type") == "object"]


@pytest.mark.parametrize("kind", MODELS)
def test_a_sample_is_accepted_by_its_model_and_by_its_schema(kind: str) -> None:
    checker(kind).validate(SAMPLES[kind])
    MODELS[kind].model_validate(SAMPLES[kind])


def without(event: dict[str, Any], *path: str) -> dict[str, Any]:
    first, *rest = path
    if rest:
        return {**event, first: without(event[first], *rest)}
    return {name: value for name, value in event.items() if name != first}


def payload(model: type[Event]) -> type[BaseModel]:
    annotated = model.model_fields["data"].annotation
    assert annotated is not None
    assert issubclass(annotated, BaseModel)
    return annotated


REQUIRED = [
    (kind, path)
    for kind, model in MODELS.items()
    for path in [
        *[(name,) for name in SCHEMAS[kind]["required"] if name not in {"type", "specversion"}],
        *[("data", name) for name, field in payload(model).model_fields.items() if field.is_required()],
    ]
]


@pytest.mark.parametrize(("kind", "path"), REQUIRED, ids=lambda said: said if isinstance(said, str) else ".".join(said))
def test_what_is_required_is_required_by_both(kind: str, path: tuple[str, ...]) -> None:
    event = without(SAMPLES[kind], *path)
    assert not checker(kind).is_valid(event)
    with pytest.raises(ValidationError):
        MODELS[kind].model_validate(event, by_alias=True, by_name=False)


WRONG: list[Any] = ["", "x y", -(10**15), 10**15, True, None, [], {}, "2026-13-45", "XXX"]


@pytest.mark.parametrize("kind", MODELS)
def test_what_the_schema_accepts_of_single_fields_the_model_accepts_too_and_the_other_way(kind: str) -> None:
    for name in SAMPLES[kind]["data"]:
        for wrong in WRONG:
            event = {**SAMPLES[kind], "data": {**SAMPLES[kind]["data"], name: wrong}}
            try:
                MODELS[kind].model_validate(event)
            except ValidationError as error:
                crossed = all(
                    mistake["type"] == "value_error" and mistake["loc"] == ("data",) for mistake in error.errors()
                )
                assert crossed or not checker(kind).is_valid(event), (name, wrong)
            else:
                assert checker(kind).is_valid(event), (name, wrong)


def test_the_asyncapi_document_is_lawful() -> None:
    meta = json.loads((PAGE.parents[1] / "tests/schemas/asyncapi/3.1.0.json").read_bytes())
    Draft7Validator(meta).validate(asyncapi())


def test_the_asyncapi_document_refers_only_to_what_is_there() -> None:
    document, files = asyncapi(), contract_files()
    for reference in references(document):
        path, _, inside = reference.partition("#")
        found: Any = orjson.loads(files[path.removeprefix("./")]) if path else document
        for step in inside.strip("/").split("/") if inside else ():
            found = found[step]
        assert found


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        inner = [found for value in part.values() for found in references(value)]
        return [part["$ref"], *inner] if isinstance(part.get("$ref"), str) else inner
    return [found for value in part for found in references(value)] if isinstance(part, list) else []


def test_every_topic_and_every_message_is_in_the_asyncapi_document() -> None:
    document = asyncapi()
    assert document["channels"].keys() == TOPICS.keys()
    placed = [name for channel in document["channels"].values() for name in channel["messages"]]
    assert sorted(placed) == sorted([*MODELS, *MESSAGES])


def test_contracts_are_the_same_bytes_each_time() -> None:
    assert contract_files() == contract_files()
    assert orjson.loads(written(asyncapi())) == asyncapi()
