"""The street of the API's tests, at a bank whose people put things right: adjustments in bands, and tiers."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.conftest import Databases
from tests.engine.api.conftest import BANK, Street, built, opened

PROGRAM = """
program: {bank}-bank
semantics: 1
version: 2020-01-01
time_zone: UTC
currency: CNY
points:
  reward: {{spendable: true, expires: {{after_months: 12, at: month-end}}}}
  growth: {{spendable: false}}
metrics: {{grown: {{points: growth, over: calendar-year}}}}
earn:
  - {{id: spend, on: card.purchased, award: {{rate: 1 per full 1.00, to: [reward, growth]}}}}
adjustments:
  reasons: [goodwill, correction]
  approvals: [{{up_to: 1000, by: 1}}, {{up_to: 5000, by: 2}}]
  valid_days: 3
tiers:
  ladder:
    - {{id: basic}}
    - {{id: core, any: [{{grown: 100000}}]}}
"""


@dataclass
class Office:
    """The people of a bank: two who propose, three who approve, one who looks on; li-wei has a key of either role."""

    street: Street

    async def as_(self, role: str, person: str, bank: str = BANK) -> httpx.AsyncClient:
        return await self.street.client(role, person, bank)

    async def propose(self, change: dict[str, Any], *, by: str = "li-wei", **more: Any) -> dict[str, Any]:
        """What the API answers to a proposal that it takes."""
        body = {"change": change, "reason": "goodwill"} | more
        told = await (await self.as_("operator", by)).post("/v1/proposals", json=body, headers=self.street.key())
        assert told.status_code == 201, told.text
        made: dict[str, Any] = told.json()
        return made

    async def decide(self, proposal_id: str, verb: str, *, by: str, **body: Any) -> httpx.Response:
        """Approves, rejects or withdraws."""
        role = "operator" if verb == "withdraw" else "approver"
        client = await self.as_(role, by)
        return await client.post(f"/v1/proposals/{proposal_id}/{verb}", json=body, headers=self.street.key())

    async def shown(self, proposal_id: str) -> dict[str, Any]:
        told = await (await self.as_("auditor", "zhou-min")).get(f"/v1/proposals/{proposal_id}")
        assert told.status_code == 200, told.text
        found: dict[str, Any] = told.json()
        return found

    async def trail(self, subject: str) -> list[tuple[str, str, Any, Any]]:
        """Who did what on it, the first first; what was there before and after."""
        rows = await self.street.owner.fetch(
            "select person, action, before::json, after::json from audit_trail where subject = $1 "
            "order by trail_number",
            subject,
        )
        return [tuple(row) for row in rows]


def adjustment(member: str, points: int) -> dict[str, Any]:
    return {"kind": "adjustment", "member_id": member, "point_type": "reward", "points": points}


@pytest.fixture(scope="session")
def template(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a migrated database with two banks and a merchant, to copy from."""
    with opened(databases, tmp_path_factory.mktemp("banks"), PROGRAM, [(BANK, "wash-1", "car", None)]) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def street(
    databases: Databases, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Street]:
    """A street whose API runs for all tests of a file; each has customers of its own."""
    async with served(databases, template, tmp_path_factory.mktemp("street")) as street:
        yield street


@asynccontextmanager
async def served(databases: Databases, template: str, folder: Path, **settings: Any) -> AsyncIterator[Street]:
    """A street of its own database whose API runs with these settings."""
    async with built(databases, template, folder) as street:
        await street.owner.set_type_codec("json", encoder=str, decoder=json.loads, schema="pg_catalog")
        await street.serve(api_sweep_s=0.3, **settings)
        yield street


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(street: Street) -> Office:
    return Office(street)
