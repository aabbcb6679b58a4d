"""Merchants and keys by the command line: what it prints is what the API takes, until it is revoked."""

import asyncio
import os
import subprocess
import sys

import httpx

from engine.settings import variable
from tests.engine.api.conftest import BANK, ROOT, Street


async def points(street: Street, *words: str, code: int = 0) -> str:
    """What the command `points` prints; what it says of an error where one is expected."""
    told = {variable(name): str(value) for name, value in street.settings().items()}
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "engine", *words], cwd=ROOT, env=os.environ | told,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return (done.stderr if code else done.stdout).strip()


async def answered(street: Street, token: str) -> int:
    async with httpx.AsyncClient(base_url=street.address, headers={"Authorization": f"Bearer {token}"}) as client:
        return (await client.get("/v1/redemptions/r-1")).status_code


async def test_a_merchant_and_its_keys_come_and_go(street: Street) -> None:
    """A key that was found is remembered for two seconds, so a revoked one dies by then."""
    assert "points merchants add" in await points(street, "keys", "create", BANK, "merchant", "barber-9", code=1)
    await points(street, "merchants", "add", BANK, "barber-9", "--network", "hair", "--region", "north")
    assert '"barber-9"' in await points(street, "merchants", "list", BANK, "--json")
    old = await points(street, "keys", "create", BANK, "merchant", "barber-9", "--days", "30")
    assert await answered(street, old) == 404
    new = await points(street, "keys", "rotate", old.split("_")[1])
    assert [await answered(street, token) for token in (old, new)] == [404, 404]
    listed = await points(street, "keys", "list", BANK, "--json")
    assert all(token.rpartition("_")[2] not in listed for token in (old, new))
    await points(street, "keys", "revoke", new.split("_")[1])
    await asyncio.sleep(2.1)
    assert [await answered(street, token) for token in (old, new)] == [404, 401]
    await points(street, "merchants", "suspend", BANK, "barber-9")
    asked = {"merchant_ref": "r-1", "code": "7H3K-9QWX-52TM-B", "points": 1}
    async with httpx.AsyncClient(base_url=street.address, headers={"Authorization": f"Bearer {old}"}) as client:
        told = await client.post("/v1/redemptions", json=asked, headers=street.key())
    assert (told.status_code, told.json()["type"]) == (403, "/problems/merchant-suspended")
