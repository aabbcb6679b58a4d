"""What one version of a program says otherwise than another, in the words of the files: rules, tiers, benefits."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from rules.language.load import checked

SAYS_NOTHING: Final = frozenset({"examples"})
"""Words that decide nothing."""
_NAMES: Final = ("id", "name")


class Difference(NamedTuple):
    """At a path such as earn.purchase.award.rate; `was` is None where it is new, `becomes` where it is gone."""

    path: str
    was: str | None
    becomes: str | None

    def __str__(self) -> str:
        if self.was is None:
            return f"+ {self.path}: {self.becomes}"
        if self.becomes is None:
            return f"- {self.path}: {self.was}"
        return f"  {self.path}: {self.was} -> {self.becomes}"


class _Named(dict[str, Any]):
    """Entries of a list by their ids; their order counts."""


def differences(was: str, becomes: str) -> list[Difference]:
    """In the order of the files, what is new behind what was there. Raises ProgramRefused where one does not load."""
    old, new = (_said(text) for text in (was, becomes))
    return list(_between("", old, new))


def _said(text: str) -> Any:
    _, source = checked(text)
    return _by_name({word: said for word, said in source.values.items() if word not in SAYS_NOTHING})


def _by_name(value: Any) -> Any:
    """The value with each list of things that have names as those names' mapping."""
    match value:
        case Mapping():
            return {str(word): _by_name(said) for word, said in value.items()}
        case list() if value and all(isinstance(one, Mapping) for one in value):
            named = _Named(entry for one in value if (entry := _entry(one)) is not None)
            return named if len(named) == len(value) else [_by_name(one) for one in value]
        case list():
            return [_by_name(one) for one in value]
        case _:
            return value


def _entry(one: Mapping[str, Any]) -> tuple[str, Any] | None:
    """An entry of a list by what it is called, or by the one thing it says something of."""
    for word in _NAMES:
        if word in one:
            return str(one[word]), _by_name(one)
    return next(((str(word), _by_name(said)) for word, said in one.items()), None) if len(one) == 1 else None


def _between(path: str, was: Any, becomes: Any) -> Iterator[Difference]:
    if not (isinstance(was, Mapping) and isinstance(becomes, Mapping)):
        if was != becomes:
            yield Difference(path, _shown(was), _shown(becomes))
        return
    for word in dict.fromkeys((*was, *becomes)):
        yield from _between(f"{path}.{word}" if path else word, was.get(word), becomes.get(word))
    if isinstance(was, _Named) and was.keys() == becomes.keys() and list(was) != list(becomes):
        yield Difference(f"{path}, in this order", ", ".join(was), ", ".join(becomes))


def _shown(value: Any) -> str | None:
    """As a file says it on one line."""
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case Mapping():
            return f"{{{', '.join(f'{word}: {_shown(said)}' for word, said in value.items())}}}"
        case list():
            return f"[{', '.join(str(_shown(one)) for one in value)}]"
        case _:
            return str(value)
