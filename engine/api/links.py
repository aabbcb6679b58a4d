"""Links of the OpenAPI (4.8.20): what one operation answers is what others take, wherever it has the same name."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

CARRIED: Final = ("code", "grant_id", "proposal_id")
"""What bodies take of answers; everything else that flows on stands in paths."""
EVERYWHERE: Final = ("member_id",)
"""What means the same in every area's answers; other names of paths are those of their own area's things."""
_JSON: Final = "application/json"


class Operation(NamedTuple):
    """An operation with its path, whose parameters are in the order of the path."""

    path: str
    told: dict[str, Any]

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)


def link(told: Mapping[str, Any]) -> None:
    """Writes links into a description: from every answer that names what another operation's path or body takes."""
    operations = [Operation(path, one) for path, methods in told["paths"].items() for one in methods.values()]
    schemas = told["components"]["schemas"]
    for source in operations:
        for status, answer in source.told["responses"].items():
            named = dict(_named(_of_content(answer, schemas), schemas)) if status.startswith("2") else {}
            links = {t.told["operationId"]: one for t in operations if (one := _link(source, named, t, schemas))}
            if links:
                answer["links"] = links


def _link(
    source: Operation, named: Mapping[str, str], target: Operation, schemas: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The link from an answer that names so much to another operation; None where nothing of it flows there."""
    if target is source:
        return None
    body = _of_content(target.told.get("requestBody", {}), schemas).get("properties", {})
    carried = {name: named[name] for name in CARRIED if name in body and name in named}
    told = {name: text for name in target.parameters if (text := _parameter(name, source, named, target))}
    flows = any(text.startswith("$response") for text in told.values())
    if not flows and not (carried and len(told) == len(target.parameters)):
        return None
    link_: dict[str, Any] = {"operationId": target.told["operationId"], "parameters": told}
    return link_ | ({"requestBody": carried} if carried else {})


def _parameter(name: str, source: Operation, named: Mapping[str, str], target: Operation) -> str | None:
    """What a parameter of the target's path is: in the answer of whoever has such things, or in the source's path."""
    of_the_same = f"{source.path}/".startswith(target.path.partition(f"{{{name}}}")[0])
    if name in named and (of_the_same or name in EVERYWHERE):
        return named[name]
    return f"$request.path.{name}" if name in source.parameters else None


def _named(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The names that an answer gives, and where: its own, and those of the first of each list in it."""
    for name, one in schema.get("properties", {}).items():
        yield name, f"$response.body#/{name}"
        for inner in _resolved(one.get("items", {}), schemas).get("properties", {}):
            yield inner, f"$response.body#/{name}/0/{inner}"


def _of_content(told: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    return _resolved(told.get("content", {}).get(_JSON, {}).get("schema", {}), schemas)


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found
