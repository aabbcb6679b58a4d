"""JSON Schema of what must be given with what, for bodies in which null says the same as nothing."""

from pydantic.config import JsonDict

NULL: JsonDict = {"type": "null"}
NOT_NULL: JsonDict = {"not": {"type": "null"}}


def given(*names: str, without: tuple[str, ...] = ()) -> JsonDict:
    """These are given, those are not."""
    said: JsonDict = {**dict.fromkeys(names, NOT_NULL), **dict.fromkeys(without, NULL)}
    return {"required": list(names), "properties": said} if names else {"properties": said}


def all_or_none(*names: str) -> JsonDict:
    return {"oneOf": [given(*names), given(without=names)]}
