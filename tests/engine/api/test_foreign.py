"""Every role asks for every operation on real things that are not its own, each kind of them.

What is asked comes of the OpenAPI, so that a parameter of a path, or a body at a path without one, for which nothing
real is given here fails. Whatever the owner has says `secret`, and no list of anybody else's may.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

import httpx
import pytest

from engine.api.keys import Role
from schemas.api.proposals import AnyChange
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.conftest import Databases
from tests.engine.api.conftest import BANK, MERCHANTS, OTHER_BANK, Street, opened
from tests.engine.api.drawn import LATER, WHOLE
from tests.engine.api.test_settlements import HEAD, redeem, settle
from tests.engine.api.test_walls import body_of, described, operations

STAFF: tuple[Role, ...] = tuple(role for role in get_args(Role) if role != "merchant")
INTRUDERS = (
    (BANK, "merchant", "wash-2"), (BANK, "merchant", "gate-1"), (OTHER_BANK, "merchant", "wash-1"),
    *((OTHER_BANK, role, f"{role}-1") for role in STAFF),
)  # fmt: skip
MEMBER, MANAGER = "m-secret", "mgr-secret"
MAKES_ITS_OWN = ("PUT", "/v1/webhooks/{name}")
"""What is put there is the caller's own, whoever else calls one by that name."""
NAMES_NOTHING = {"/v1/programs"}
"""What is written there names nothing that there is."""
TABLES = """
    select c.table_name,
           bool_or(c.column_name = 'merchant') as of_merchants
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where table_schema = 'points' and table_type = 'BASE TABLE'
    group by 1 having bool_or(c.column_name = 'bank')
"""


@pytest.fixture(scope="module")
def template(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a database of banks in which everything is."""
    with opened(databases, tmp_path_factory.mktemp("whole"), WHOLE, MERCHANTS) as url:
        yield url


@dataclass
class Vault:
    """What a bank and one of its merchants have: by the path's parameter that names it, and by a query's."""

    street: Street
    named: dict[str, str] = field(default_factory=dict)
    code: str = ""
    queries: Mapping[str, str] = field(
        default_factory=lambda: {"merchant": "wash-1", "manager": MANAGER, "first": "2026-01-01", "last": "2026-01-31"}
    )

    async def fill(self) -> "Vault":
        await self._customer()
        await self._merchant()
        await self._people()
        for name, query in {
            "key_id": f"select key_id from api_key where bank = '{BANK}' and holder = 'wash-1'",
            "signal_id": f"select signal_id::text from signal where member_id = '{MEMBER}'",
            "letter": "select topic || ':' || generation || ':' || partition || ':' || \"offset\" from dead_letter",
        }.items():
            self.named[name] = await self.street.owner.fetchval(query)
        assert all(self.named.values()), self.named
        return self

    async def _customer(self) -> None:
        street = self.street
        joined = event("member.enrolled.v1", "join", MEMBER, street.at, {"manager": MANAGER})
        await street.desk.handle(
            sent(joined), sent(purchase("buy", MEMBER, street.at, minor=48_000)),
            Sent(f"{BANK}/{MEMBER}".encode(), b"a secret that is not JSON"),
        )  # fmt: skip
        self.named["member_id"] = MEMBER
        self.code = await street.code(MEMBER, good_for_s=900)

    async def _merchant(self) -> None:
        street, shop = self.street, await self.street.client()
        captured = {"code": await street.code(MEMBER), "capture": True}
        await redeem(street, shop, "r-secret-1", points=150, **captured)
        await redeem(street, shop, "r-secret", points=20, code=await street.code(MEMBER), capture=False)
        await settle(street)
        hook = await shop.put("/v1/webhooks/secret-hook", json={"url": "https://secret.example/hook"})
        assert hook.status_code == 200, hook.text
        self.named |= {"merchant_ref": "r-secret", "name": "secret-hook", "number": "1"}

    async def _people(self) -> None:
        li_wei, key = await self.street.client("operator", "li-wei"), self.street.key
        yaml, text = {"Content-Type": "application/yaml"}, LATER.replace("{year}", "2099") + "# secret\n"
        uploaded = await li_wei.post("/v1/programs", content=text, headers=key() | yaml)
        change = {"change": {"kind": "close", "member_id": MEMBER}, "reason": "secret-reason"}
        proposed = await li_wei.post("/v1/proposals", json=change, headers=key())
        halt = {"what": "benefit/ride", "reason": "secret-reason"}
        stopped = await li_wei.post("/v1/stops", json=halt, headers=key())
        assert [one.status_code for one in (uploaded, proposed, stopped)] == [201, 201, 201], stopped.text
        self.named |= {"program_hash": uploaded.json()["program_hash"], "proposal_id": proposed.json()["proposal_id"]}

    def address(self, path: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: self.named[found[1]], path)

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """Bodies that name what is the bank's, where the path does not."""
        told = {"merchant_ref": "r-mine", "code": self.code}
        changes: dict[str, dict[str, Any]] = {
            "adjustment": {"point_type": "reward", "points": 5}, "freeze": {"freeze": "full"}, "unfreeze": {},
            "tier": {"tier": "core", "until": "2099-01-01"}, "close": {}, "erase": {},
        }  # fmt: skip
        of_member = [{"kind": kind, "member_id": MEMBER} | more for kind, more in changes.items()]
        of_bank = [
            {"kind": "merchant", "merchant": "gate-1", "status": "suspended"},
            {"kind": "merchant-pace", "merchant": "gate-1", "per_day": 1},
            {"kind": "key", "role": "merchant", "holder": "gate-1"},
            {"kind": "program-activation", "program_hash": self.named["program_hash"]},
            {"kind": "resume", "what": "benefit/ride"},
        ]
        bodies: dict[str, list[dict[str, Any]]] = {
            "/v1/redemptions": [told | {"points": 1}, told | {"benefit": "wash"}],
            "/v1/codes/look-up": [{"code": self.code}],
            "/v1/keys": [{"proposal_id": self.named["proposal_id"]}],
            "/v1/dead-letters/retries": [{"letters": [self.named["letter"]]}],
            "/v1/proposals": [{"change": one, "reason": "goodwill"} for one in of_member + of_bank],
            "/v1/stops": [{"what": "merchant/gate-1", "reason": "spite"}],
        }
        return bodies[path]

    async def stands(self) -> set[tuple[str, str]]:
        """Every row of the bank's by its table, but for those of the merchants who intrude."""
        found = set()
        for table, of_merchants in await self.street.owner.fetch(TABLES):
            mine = "and coalesce(merchant, '') not in ('wash-2', 'gate-1')" if of_merchants else ""
            rows = await self.street.owner.fetch(f"select t::text from points.{table} t where bank = '{BANK}' {mine}")
            found |= {(table, row[0]) for row in rows}
        return found


def asked_with(method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    """The content that an operation takes on a thing."""
    if path.endswith("/reconciliations"):
        return {"content": HEAD, "headers": {"Content-Type": "text/csv"}}
    return {} if method in ("GET", "DELETE") else {"json": body}


@pytest.fixture
async def vault(closed_street: Street) -> Vault:
    """Guesses are not counted, so that the code may be tried again and again."""
    await closed_street.serve(api_guesses_max=10_000_000)
    return await Vault(closed_street).fill()


async def intruders(street: Street) -> list[tuple[str, httpx.AsyncClient]]:
    return [(f"{role} {holder} of {bank}", await street.client(role, holder, bank)) for bank, role, holder in INTRUDERS]


async def asking(vault: Vault, client: httpx.AsyncClient, method: str, at: str, **more: Any) -> httpx.Response:
    headers = vault.street.key() | more.pop("headers", {})
    return await client.request(method, at, headers=headers, **more)


async def test_what_a_path_names_is_the_owners_alone(vault: Vault) -> None:
    """There is no such thing, or the role may not ask at all: no other answer, and nothing of the owner's changes.

    Of every operation one intruder at least has the role for it. The owner reads the same, so that it is there.
    """
    street = vault.street
    told = await described(street)
    named = sorted((one for one in await operations(street) if "{" in one[1]), key=lambda one: one[:2] == MAKES_ITS_OWN)
    assert {name for _, path, _ in named for name in re.findall(r"\{(\w+)\}", path)} == vault.named.keys()
    others = await intruders(street)
    before, may, wrong = await vault.stands(), set(), []
    for (who, client), (method, path, operation) in itertools.product(others, named):
        content = asked_with(method, path, body_of(operation, told))
        answer = await asking(vault, client, method, vault.address(path), params=dict(vault.queries), **content)
        its_own = (method, path) == MAKES_ITS_OWN and who.startswith("merchant")
        if answer.status_code not in ((200,) if its_own else (403, 404)):
            wrong.append((who, method, path, answer.status_code, answer.text))
        if answer.status_code != httpx.codes.FORBIDDEN:
            may.add((method, path))
        assert its_own or "secret" not in re.sub(r"m-secret|r-secret|secret-hook", "", answer.text)
    assert wrong == []
    assert may == {(method, path) for method, path, _ in named}
    assert await vault.stands() ^ before == set()


async def test_the_owner_finds_what_others_do_not(vault: Vault) -> None:
    """Each name of the matrix is a real one: every read of it is answered 200 to a role of the bank's."""
    owners = [await vault.street.client(role, f"{role}-1") for role in STAFF] + [await vault.street.client()]
    for method, path, _ in await operations(vault.street):
        if method == "GET" and "{" in path:
            at, params = vault.address(path), dict(vault.queries)
            assert 200 in [(await one.get(at, params=params)).status_code for one in owners], path
    work = {"state": "done", "person": MANAGER}
    channel = await vault.street.client("channel", "channel-1")
    assert (await channel.put(vault.address("/v1/signals/{signal_id}"), json=work)).status_code == 204


async def test_what_a_body_names_is_the_owners_alone(vault: Vault) -> None:
    """The code is good at every shop of its bank, so those of the bank do not try that."""
    street = vault.street
    writes = [
        (method, path) for method, path, _ in await operations(street)
        if method != "GET" and "{" not in path and path not in NAMES_NOTHING
    ]  # fmt: skip
    kinds = {change["change"]["kind"] for change in vault.bodies("/v1/proposals")} | {"merchant-registration"}
    assert kinds == {get_args(one.model_fields["kind"].annotation)[0] for one in get_args(AnyChange)}
    others = await intruders(street)
    before, may = await vault.stands(), set()
    for (who, client), (method, path) in itertools.product(others, writes):
        if BANK in who and path in ("/v1/redemptions", "/v1/codes/look-up"):
            continue
        for body in vault.bodies(path):
            answer = await asking(vault, client, method, path, json=body)
            if path.endswith("/retries") and answer.status_code == httpx.codes.OK:
                left = {"letter": vault.named["letter"], "because": f"{OTHER_BANK} has no such dead letter"}
                assert answer.json() == {"sent": [], "left": [left]}
            else:
                assert answer.status_code in (403, 404), (who, path, body, answer.text)
            if answer.status_code != httpx.codes.FORBIDDEN:
                may.add((method, path))
    assert may == set(writes)
    assert await vault.stands() ^ before == set()


async def test_no_list_holds_what_is_anothers(vault: Vault) -> None:
    """With the owner's names as its filters too; a merchant that asks for another's by name is told of none such."""
    filters = dict(vault.queries) | {"subject": f"member/{MEMBER}", "person": "li-wei"}
    lists = [(path, one) for method, path, one in await operations(vault.street) if method == "GET" and "{" not in path]
    for (who, client), (path, operation) in itertools.product(await intruders(vault.street), lists):
        takes = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        for names in set(), takes & filters.keys():
            answer = await client.get(path, params={name: filters[name] for name in names})
            assert answer.status_code in (200, 403, 404, 422), (who, path, answer.text)
            assert "secret" not in answer.text.replace(MANAGER, ""), (who, path, answer.text)
