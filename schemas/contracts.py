"""The contracts others build against: a JSON Schema (2020-12) for each type, and one AsyncAPI 3.1 document."""

from typing import Any, Final, TypeAlias

import orjson

from schemas.event import Event
from schemas.events import MODELS
from schemas.message import Message
from schemas.outgoing import MESSAGES
from schemas.topics import TOPICS, Topic

JsonObject: TypeAlias = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI: Final = "asyncapi.json"
_SCHEMA_FORMAT: Final = "application/schema+json;version=2020-12"
_ALWAYS_SAID: Final = ("specversion", "type")
_TYPES: Final[dict[str, type[Event] | type[Message]]] = {**MODELS, **MESSAGES}


def contract_files() -> dict[str, bytes]:
    """Every file of `schemas/generated/` but the released snapshot: its name and its bytes."""
    files = {f"{name}.json": schema for name, schema in json_schemas().items()}
    return {name: written(document) for name, document in {**files, ASYNCAPI: asyncapi()}.items()}


def written(document: JsonObject) -> bytes:
    """A document as its file holds it."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def json_schemas() -> dict[str, JsonObject]:
    """The JSON Schema of each type, in and out, by the type's name."""
    return {name: _json_schema(name, model) for name, model in _TYPES.items()}


def asyncapi() -> JsonObject:
    """The AsyncAPI document; payloads refer to the JSON Schema files beside it."""
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Points Engine",
            "version": "1.0.0",
            "description": "What a bank's systems tell the loyalty engine, and what it tells them. CloudEvents 1.0.2.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS.values()},
        "operations": {
            f"{action}-{topic.name.removeprefix('loyalty.')}": _operation(action, topic)
            for topic in TOPICS.values()
            for action in _actions(topic)
        },
        "components": {"messages": {name: _message(name, model) for name, model in _TYPES.items()}},
    }


def _json_schema(name: str, model: type[Event] | type[Message]) -> JsonObject:
    schema = model.model_json_schema(by_alias=True)
    for said in _ALWAYS_SAID:  # they have defaults for those who build events in Python; on the wire they are required
        schema["properties"][said].pop("default")
    schema["required"] = [*_ALWAYS_SAID, *schema["required"]]
    _drop_titles(schema)
    return {"$schema": DIALECT, "$id": f"urn:points-engine:schema:{name}", "title": name, **schema}


def _drop_titles(schema: JsonObject) -> None:
    """Pydantic repeats each field's name as its title; models keep theirs."""
    parts = [schema, *schema.get("$defs", {}).values()]
    schema.pop("title")
    for part in parts:
        for field in part.get("properties", {}).values():
            field.pop("title", None)


def _messages_on(topic: Topic) -> list[str]:
    return [name for name, model in _TYPES.items() if model.topic is topic]


def _channel(topic: Topic) -> JsonObject:
    return {
        "address": topic.name,
        "description": f"{topic.about} Key: {topic.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages_on(topic)},
        "bindings": {"kafka": {"topicConfiguration": {"cleanup.policy": [topic.cleanup]}, "bindingVersion": "0.5.0"}},
    }


def _actions(topic: Topic) -> tuple[str, ...]:
    """As the engine, whose document this is, acts."""
    return {"in": ("receive",), "out": ("send",), "both": ("receive", "send")}[topic.direction]


def _operation(action: str, topic: Topic) -> JsonObject:
    return {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}, "summary": topic.about}


def _message(name: str, model: type[Event] | type[Message]) -> JsonObject:
    return {
        "name": name,
        "title": model.__name__,
        "summary": (model.__doc__ or "").strip(),
        "contentType": "application/cloudevents+json",
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./{name}.json"}},
    }
