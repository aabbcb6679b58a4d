"""The tables of docs/operator.md, written from the code: `python -m tests.operator_page` writes them anew."""

import inspect
import re
from pathlib import Path

from pydantic.fields import FieldInfo

from engine.api.app import AREAS
from engine.api.scopes import operations
from engine.metrics import METRICS
from engine.settings import Settings, variable
from engine.stream.exits import Exit

PAGE = Path(__file__).parent.parent / "docs" / "operator.md"
SECTION = re.compile(r"(<!-- (settings|metrics|exits|scopes) -->\n).*?(<!-- end -->)", re.DOTALL)


def tables() -> dict[str, str]:
    """Each table by the name of its section."""
    return {"settings": _settings(), "metrics": _metrics(), "exits": _exits(), "scopes": _scopes()}


def with_tables(page: str) -> str:
    """The page with its tables as the code has them."""
    return SECTION.sub(lambda found: found[1] + tables()[found[2]] + found[3], page)


def _settings() -> str:
    rows = [
        f"| `{variable(name)}` | {_default(field)} | {(field.description or '').rstrip('.')} |"
        for name, field in Settings.model_fields.items()
    ]
    return _table(("setting", "default", "what it is"), rows)


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None or field.default is None:
        return ""
    return f"`{field.default}`"


def _metrics() -> str:
    rows = [
        f"| `{name}` | {metric.kind} | {', '.join(metric.labels)} | {metric.says.rstrip('.')} |"
        for name, metric in METRICS.items()
    ]
    return _table(("metric", "kind", "labels", "what it says"), rows)


def _exits() -> str:
    # The sentence behind each member is not to be had from the class, only from its source.
    source = inspect.getsource(Exit)
    said = dict(re.findall(r'^    (\w+) = \d+\n    """(.*?)"""', source, re.MULTILINE | re.DOTALL))
    rows = [f"| {one.value} | `{one.name}` | {said[one.name].rstrip('.')} |" for one in Exit]
    return _table(("exit code", "name", "what happened"), rows)


def _scopes() -> str:
    rows = [f"| `{scope}` | {', '.join(f'`{one}`' for one in may)} |" for scope, may in operations(AREAS).items()]
    return _table(("scope", "what it allows"), rows)


def _table(head: tuple[str, ...], rows: list[str]) -> str:
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *rows]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
