"""The JSON Schema of program files, by which editors complete and check them while they are written."""

from typing import Any

from rules.language.grammar import ProgramFile


def editor_schema() -> dict[str, Any]:
    """JSON Schema 2020-12; what only the whole file shows (that words name something) is `points program check`'s."""
    schema = ProgramFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
