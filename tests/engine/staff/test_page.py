"""The page about a bank's people: its requests are asked in their order by whom it says, with the answers it shows."""

import json
import re
from pathlib import Path

import pytest

from tests.engine.channels.test_page import steady
from tests.engine.staff.conftest import Office

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = Path(__file__).parents[3] / "docs" / "staff.md"
SHOWN = re.compile(r"```http (\w+) ([\w-]+)\n([A-Z]+) (\S+)\n(.*?)```(?:\n\n```json\n(.*?)```)?", re.DOTALL)


async def test_what_the_page_shows_is_answered(office: Office) -> None:
    """`{proposal_id}` is of the proposal before. 500 points are put right: m-1, who had 100, has 600."""
    await office.street.member("m-1", 100)
    shown = SHOWN.findall(PAGE.read_text(encoding="utf-8"))
    assert len(shown) >= 9
    assert PAGE.read_text(encoding="utf-8").count("```") == 2 * sum(1 + bool(answer) for *_, answer in shown)
    named: dict[str, str] = {}
    for role, person, method, path, rest, answer in shown:
        head, _, body = f"\n{rest}".partition("\n\n")
        headers = {"Content-Type": "application/json"} | dict(line.split(": ", 1) for line in head.split("\n") if line)
        client = await office.as_(role, person)
        filled = body.replace("{proposal_id}", named.get("proposal_id", ""))
        got = await client.request(method, path.format(**named), content=filled or None, headers=headers)
        assert got.is_success, (path, got.text)
        named |= {name: one for name, one in got.json().items() if name == "proposal_id"}
        if answer:
            assert steady(got.json()) == steady(json.loads(answer)), path
        if "audit-trail" in path:
            [told] = got.json()["items"]
            assert (told["person"], told["after"]["reason"]) == ("li-wei", "codes-were-photographed")
    assert await office.street.owner.fetchval("select available from balance where member_id = 'm-1'") == 600
