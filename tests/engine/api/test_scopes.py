"""A key with scopes may do what they allow, at every operation that OpenAPI tells of, and nothing else."""

import httpx

from tests.conftest import PLAIN
from tests.engine.api.conftest import BANK, Street
from tests.engine.api.test_commands import points
from tests.engine.api.test_walls import ROLES, addressed, body_of, described, operations

HOLDERS = {role: "wash-1" if role == "merchant" else f"{role}-1" for role in ROLES}


async def told(client: httpx.AsyncClient, street: Street, operation: tuple[str, str, dict[str, object] | None]) -> str:
    """The type of problem that an operation answers, or its status where it is none."""
    method, path, body = operation
    answer = await client.request(method, addressed(path), json=body, headers=street.key())
    problem = answer.headers["content-type"] == "application/problem+json"
    if answer.status_code == 403 and problem:
        return str(answer.json()["type"]).removeprefix("/problems/")
    return str(answer.status_code)


async def test_each_operation_asks_for_the_scope_that_it_names(closed_street: Street) -> None:
    """Of each role: a key with one scope, and one with all but this. Without any it may all that its role may."""
    street = closed_street
    await street.serve(api_guesses_max=10_000_000)
    openapi = await described(street)
    asked = {(method, path): (operation["security"][0]["key"][0], body_of(operation, openapi))
             for method, path, operation in await operations(street)}  # fmt: skip
    scopes = {scope for scope, _ in asked.values()}
    assert len(scopes) >= 12
    allowed = 0
    for role, holder in HOLDERS.items():
        whole = await street.client(role, holder)
        mine = [at for at, (_, body) in asked.items() if await told(whole, street, (*at, body)) != "not-allowed"]
        allowed += len(mine)
        for scope in sorted({asked[at][0] for at in mine}):
            only = await street.client(role, holder, scopes=(scope,))
            others = await street.client(role, holder, scopes=tuple(sorted(scopes - {scope})))
            for at in mine:
                of, body = asked[at]
                refused = [await told(client, street, (*at, body)) == "scope-missing" for client in (only, others)]
                assert refused == ([False, True] if of == scope else [True, False]), (role, scope, at)
    assert allowed >= len(asked)


async def test_a_scope_names_what_is_missing_and_has_a_page(street: Street) -> None:
    shop = await street.client(scopes=("codes:read", "redemptions:read"))
    refused = await shop.post("/v1/redemptions/r-1/capture", json={}, headers=street.key())
    assert refused.status_code == 403
    assert refused.json() == {
        "type": "/problems/scope-missing", "title": "The key lacks the scope of this", "status": 403,
        "detail": "the key may codes:read, redemptions:read, and this is redemptions:write",
    }  # fmt: skip
    assert (await shop.get("/problems/scope-missing")).status_code == 200
    assert (await shop.get("/v1/redemptions/r-1")).status_code == 404


async def test_a_till_with_a_scope_from_the_command_keeps_it_when_it_is_rotated(street: Street) -> None:
    said = await points(street, "keys", "create", BANK, "merchant", "wash-1", "--scope", "redemptions:reed", code=2)
    assert "'redemptions:reed'" in said
    assert "redemptions:reverse" in said
    for scope in ("redemptions:write", "settlements:read"):
        token = await points(street, "keys", "create", BANK, "merchant", "wash-1", "--scope", scope)
        allowed = (200, 403, 403) if scope == "settlements:read" else (403, 404, 403)
        assert await asked(street, token) == allowed
        assert await asked(street, await points(street, "keys", "rotate", token.split("_")[1])) == allowed


async def asked(street: Street, token: str) -> tuple[int, int, int]:
    """What a key is answered that asks for its settlements, to void and to reverse."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=street.address, headers=headers, verify=PLAIN) as client:
        settled = await client.get("/v1/settlements")
        voided = await client.post("/v1/redemptions/r-1/void", json={}, headers=street.key())
        back = await client.post("/v1/redemptions/r-1/reverse", json={}, headers=street.key())
    return settled.status_code, voided.status_code, back.status_code
