"""Writes what is generated from the models: contracts, the released snapshot, the table in `schemas/README.md`.

Run as `python tests/schemas/write_contracts.py` after a change of a model. It refuses a change that would break those
who rely on what was released; such a change is a new version of the type.
"""

import json
from pathlib import Path
from typing import Any, Final, get_args

from schemas.compatibility import breaking_changes
from schemas.contracts import contract_files, json_schemas, written
from schemas.event import Event
from schemas.events import MODELS
from schemas.message import Message
from schemas.outgoing import MESSAGES
from schemas.topics import TOPICS

ROOM: Final = Path(__file__).parents[2] / "schemas"
GENERATED: Final = ROOM / "generated"
RELEASED: Final = GENERATED / "released.json"
PAGE: Final = ROOM / "README.md"
BEGIN, END = "<!-- generated: begin -->\n", "<!-- generated: end -->\n"


def released() -> dict[str, Any]:
    """The schemas that others rely on, by type."""
    found: dict[str, Any] = json.loads(RELEASED.read_bytes()) if RELEASED.exists() else {}
    return found


def page_with_tables(page: str) -> str:
    """The room's page with its generated part as it should be."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + tables() + END + rest.partition(END)[2]


def tables() -> str:
    """Topics, events in and messages out, for people."""
    topics = [f"| `{topic.name}` | {topic.direction} | `{topic.key}` | {topic.about} |\n" for topic in TOPICS.values()]
    return (
        "### Topics\n\n| topic | direction | key | what |\n|---|---|---|---|\n"
        + "".join(topics)
        + "\n### Events in\n\n"
        + _table(MODELS)
        + "\n### Messages out\n\n"
        + _table(MESSAGES)
    )


def _table(models: Any) -> str:
    rows = "".join(f"| `{name}` | {_summary(model)} | {_fields(model)} |\n" for name, model in models.items())
    return "| type | says | `data` (optional fields end in `?`) |\n|---|---|---|\n" + rows


def _summary(model: type[Event] | type[Message]) -> str:
    return (model.__doc__ or "").partition("\n")[0]


def _fields(model: type[Event] | type[Message]) -> str:
    payload = model.model_fields["data"].annotation
    fields = getattr(payload, "model_fields", {}).items()
    return ", ".join(
        f"`{name}`{'' if field.is_required() else '?'}{_choices(field.annotation)}" for name, field in fields
    )


def _choices(annotation: Any) -> str:
    choices = [choice for choice in get_args(annotation) if isinstance(choice, str)]
    return f" ({', '.join(choices)})" if 0 < len(choices) <= 6 else ""


def main() -> None:
    """Writes every generated file, or says what would break and writes nothing."""
    broken = breaking_changes(released(), json_schemas())
    if broken:
        raise SystemExit("\n".join(["these changes need a new version of the type:", *broken]))
    GENERATED.mkdir(exist_ok=True)
    files = contract_files()
    for stale in {path.name for path in GENERATED.glob("*.json")} - files.keys() - {RELEASED.name}:
        (GENERATED / stale).unlink()
    for name, content in files.items():
        (GENERATED / name).write_bytes(content)
    RELEASED.write_bytes(written(json_schemas()))
    PAGE.write_text(page_with_tables(PAGE.read_text()))


if __name__ == "__main__":
    main()
