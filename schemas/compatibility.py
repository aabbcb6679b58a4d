"""Within a version of a type a field may be added if it is optional. Anything else is a `v2` beside the `v1`.

Also harmless: words (titles, descriptions, examples), and values added to a list that is marked `x-open`, such as
currencies. All else that differs is named, each with its path.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

JsonObject: TypeAlias = dict[str, Any]

_WORDS: Final = frozenset({"$schema", "$id", "$defs", "title", "description", "examples", "$comment"})
_COMPARED_APART: Final = frozenset({"properties", "required", "dependentRequired", "anyOf", "items", "enum", "$ref"})


def breaking_changes(released: dict[str, JsonObject], current: dict[str, JsonObject]) -> list[str]:
    """What in the current schemas would break who relies on the released ones; both are by type. Empty: nothing."""
    return [change for name, schema in released.items() for change in _of_type(name, schema, current.get(name))]


def _of_type(name: str, released: JsonObject, current: JsonObject | None) -> Iterator[str]:
    if current is None:
        yield f"{name}: the type was removed"
    else:
        yield from _Comparison(released, current).changes(released, current, name)


class _Comparison:
    """Two documents, whose `$defs` their parts refer to."""

    def __init__(self, released: JsonObject, current: JsonObject) -> None:
        self._released, self._current = released, current

    def changes(self, released: JsonObject, current: JsonObject, path: str) -> Iterator[str]:
        """The breaking differences of a part."""
        old, new = _resolved(released, self._released), _resolved(current, self._current)
        yield from _of_keywords(old, new, path)
        yield from _of_values(old, new, path)
        yield from _of_required(old, new, path)
        yield from self._of_properties(old, new, path)
        yield from self._of_alternatives(old, new, path)

    def _of_properties(self, old: JsonObject, new: JsonObject, path: str) -> Iterator[str]:
        fields = new.get("properties", {})
        for name, field in old.get("properties", {}).items():
            if name in fields:
                yield from self.changes(field, fields[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}: the field was removed"

    def _of_alternatives(self, old: JsonObject, new: JsonObject, path: str) -> Iterator[str]:
        before, after = old.get("anyOf", []), new.get("anyOf", [])
        if len(before) != len(after):
            yield f"{path}: the alternatives changed"
            return
        for one, other in zip(before, after, strict=True):
            yield from self.changes(one, other, path)
        if "items" in old or "items" in new:
            yield from self.changes(old.get("items", {}), new.get("items", {}), f"{path}[]")


def _resolved(part: JsonObject, document: JsonObject) -> JsonObject:
    """A part with what it refers to in place. Payloads do not refer to themselves, so this ends."""
    while "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        part = {**document["$defs"][name], **{key: value for key, value in part.items() if key != "$ref"}}
    return part


def _of_keywords(old: JsonObject, new: JsonObject, path: str) -> Iterator[str]:
    for keyword in sorted((old.keys() | new.keys()) - _WORDS - _COMPARED_APART):
        if old.get(keyword) != new.get(keyword):
            yield f"{path}: {keyword} was {old.get(keyword)!r}, is {new.get(keyword)!r}"


def _of_values(old: JsonObject, new: JsonObject, path: str) -> Iterator[str]:
    before, after = old.get("enum"), new.get("enum")
    if before is None or after is None:
        if before is not after:
            yield f"{path}: a list of values was {'added' if before is None else 'removed'}"
        return
    gone = [value for value in before if value not in after]
    come = [value for value in after if value not in before]
    if gone:
        yield f"{path}: values were removed: {gone}"
    if come and not old.get("x-open"):
        yield f"{path}: values were added to a closed list: {come}"


def _of_required(old: JsonObject, new: JsonObject, path: str) -> Iterator[str]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(after - before):
        yield f"{path}.{name}: is required, and was not"
    for name in sorted((before - after) & new.get("properties", {}).keys()):
        yield f"{path}.{name}: is optional, and was required"
    ties, known = new.get("dependentRequired", {}), old.get("properties", {})
    for name, others in old.get("dependentRequired", {}).items():
        if ties.get(name) != others:
            yield f"{path}.{name}: the fields it is given together with changed"
    for name in sorted((ties.keys() - old.get("dependentRequired", {}).keys()) & known.keys()):
        yield f"{path}.{name}: must now be given together with others"
