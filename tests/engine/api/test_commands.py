"""Merchants and keys by the command line: what it prints is what the API takes, until it is revoked."""

import asyncio
import json
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
    assert all(token.split("_", 2)[2] not in listed for token in (old, new))
    await points(street, "keys", "revoke", new.split("_")[1])
    await asyncio.sleep(2.1)
    assert [await answered(street, token) for token in (old, new)] == [404, 401]
    await points(street, "merchants", "suspend", BANK, "barber-9")
    asked = {"merchant_ref": "r-1", "code": "7H3K-9QWX-52TM-B", "points": 1}
    async with httpx.AsyncClient(base_url=street.address, headers={"Authorization": f"Bearer {old}"}) as client:
        told = await client.post("/v1/redemptions", json=asked, headers=street.key())
    assert (told.status_code, told.json()["type"]) == (403, "/problems/merchant-suspended")


async def test_with_the_applications_login_alone_nobody_makes_keys_or_merchants(street: Street) -> None:
    """It may end them; what needs two people over HTTP is done alone by the login that owns the tables."""
    street.given["owner_database_url"] = street.given["database_url"]
    for words in ("keys create corner channel kiosk-1", "merchants add corner wash-9 --network car"):
        assert "POINTS_OWNER_DATABASE_URL" in await points(street, *words.split(), code=1)
    assert await street.owner.fetchval("select count(*) from api_key") == 0
    ours = (await street.token("channel", "app")).split("_")[1]
    assert "POINTS_OWNER_DATABASE_URL" in await points(street, "keys", "rotate", ours, code=1)
    await points(street, "keys", "revoke", ours)
    assert await street.owner.fetchval("select count(*) from api_key where revoked_at is not null") == 1


async def test_a_rotated_key_is_good_for_as_long_as_the_one_before(street: Street) -> None:
    """To the moment; and a key that ended, whether it was revoked or its time is over, gets no successor."""
    old = (await points(street, "keys", "create", BANK, "merchant", "wash-1", "--days", "30")).split("_")[1]
    until = await street.owner.fetchval("select expires_at from api_key where key_id = $1", old)
    new = (await points(street, "keys", "rotate", old)).split("_")[1]
    rows = json.loads(await points(street, "keys", "list", BANK, "--json"))
    ends = {row["key_id"]: row["expires_at"] for row in rows}
    assert ends[new] == until.isoformat()
    assert ends[old] < ends[new]
    await points(street, "keys", "revoke", old)
    await street.owner.execute("update api_key set expires_at = now() where key_id = $1", new)
    for ended in (old, new):
        assert "has ended" in await points(street, "keys", "rotate", ended, code=1)
    assert await street.owner.fetchval("select count(*) from api_key where holder = 'wash-1'") == 2


async def test_the_successor_of_a_key_that_signs_is_never_good_unsigned(street: Street) -> None:
    """It signs from the row's first version on; the trail tells how each signed before and after."""
    old = (await points(street, "keys", "create", BANK, "merchant", "wash-1")).split("_")[1]
    await points(street, "keys", "sign", old)
    new = (await points(street, "keys", "rotate", old)).split("\n")[0].split("_")[1]
    look = "select action, before::json, after::json from audit_trail where subject = $1 order by trail_number"
    [made] = await street.owner.fetch(look, f"key/{new}")
    assert (made["action"], json.loads(made["after"])["signed"]) == ("key-made", True)
    _, signed, ended = await street.owner.fetch(look, f"key/{old}")
    assert (signed["action"], ended["action"]) == ("key-signing-changed", "key-ended")
    assert json.loads(signed["before"]) == {"signed": False, "secret_number": 0}
    assert json.loads(signed["after"]) == {"signed": True, "secret_number": 1}
    assert json.loads(ended["before"]) == {"expires_at": None, "revoked_at": None}
    assert json.loads(ended["after"])["expires_at"] is not None
