"""People come with tokens of their bank's issuer: what a token may, whom it names, and which are not taken."""

import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.canaries import where
from tests.conftest import PLAIN, Databases
from tests.engine.api.conftest import BANK, OTHER_BANK, Street
from tests.engine.api.everywhere import requests
from tests.engine.api.test_walls import addressed, body_of, described, operations
from tests.engine.staff.conftest import Office, adjustment, served
from tests.engine.staff.issuer import ALGORITHMS, Issuer, SigningKey, serving
from tests.engine.staff.wrong_tokens import WRONG, headed, later, of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PEOPLE = ("operator", "approver", "auditor")


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with serving(*(SigningKey(alg, alg) for alg in ALGORITHMS)) as issuer:
        yield issuer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def street(
    databases: Databases, template: str, tmp_path_factory: pytest.TempPathFactory, issuer: Issuer
) -> AsyncIterator[Street]:
    """A street whose API takes tokens, and people's keys too."""
    more = {"oidc_keys_too": True, "api_guesses_max": 10_000_000}
    async with served(databases, template, tmp_path_factory.mktemp("street"), **issuer.settings, **more) as street:
        yield street


@asynccontextmanager
async def by(street: Street, token: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=street.address, headers=headers, timeout=30, verify=PLAIN) as client:
        yield client


async def propose(street: Street, token: str, member: str) -> httpx.Response:
    body = {"change": adjustment(member, 500), "reason": "goodwill"}
    async with by(street, token) as client:
        return await client.post("/v1/proposals", json=body, headers=street.key())


async def approve(street: Street, token: str, proposal_id: str) -> httpx.Response:
    async with by(street, token) as client:
        return await client.post(f"/v1/proposals/{proposal_id}/approve", json={}, headers=street.key())


@pytest.mark.parametrize("alg", ALGORITHMS)
async def test_each_algorithm_is_taken(street: Street, issuer: Issuer, alg: str) -> None:
    key = next(key for key in issuer.keys if key.alg == alg)
    async with by(street, issuer.token("zhou-min", "auditor", key=key)) as auditor:
        assert (await auditor.get("/v1/audit-trail")).status_code == 200


async def test_two_people_with_tokens_adjust_and_the_trail_names_them(office: Office, issuer: Issuer) -> None:
    street = office.street
    await street.member("m-1", 100)
    made = await propose(street, issuer.token("li-wei", "operator", jti="f3a1-session"), "m-1")
    assert made.status_code == 201, made.text
    done = await approve(street, issuer.token("chen-jie", "approver"), made.json()["proposal_id"])
    assert (done.status_code, done.json()["approved_by"]) == (200, ["chen-jie"])
    assert await street.balance("m-1") == (600, 0)
    rows = await street.owner.fetch("select person, role, key_id from audit_trail where subject = 'member/m-1'")
    assert [row["person"] for row in rows] == ["li-wei", "chen-jie", "chen-jie"]
    assert tuple(rows[0]) == ("li-wei", "operator", "token.f3a1-session")


@pytest.mark.parametrize("jti", [None, "4556737586899855", "x" * 65, "two words"])
async def test_a_token_without_an_id_that_is_one_is_named_as_a_token(
    office: Office, issuer: Issuer, jti: str | None
) -> None:
    member = f"m-j{len(str(jti))}"
    await office.street.member(member, 100)
    assert (await propose(office.street, issuer.token(jti=jti), member)).status_code == 201
    told = await office.street.owner.fetch("select key_id from audit_trail where subject = $1", f"member/{member}")
    assert [row["key_id"] for row in told] == ["token"]


async def test_a_person_is_the_same_by_key_and_by_token(office: Office, issuer: Issuer) -> None:
    """Nobody approves what they proposed, whichever way they come each time; somebody else does."""
    street = office.street
    await street.member("m-2", 100)
    by_key = (await office.propose(adjustment("m-2", 500)))["proposal_id"]
    by_token = (await propose(street, issuer.token("li-wei"), "m-2")).json()["proposal_id"]
    own = issuer.token("li-wei", "approver", "operator")
    for refused in (
        await approve(street, own, by_key), await approve(street, own, by_token),
        await office.decide(by_token, "approve", by="li-wei"),
    ):  # fmt: skip
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/four-eyes")
    assert await street.balance("m-2") == (100, 0)
    assert (await approve(street, issuer.token("chen-jie", "approver"), by_key)).status_code == 200
    assert (await office.decide(by_token, "approve", by="chen-jie")).status_code == 200
    assert await street.balance("m-2") == (1100, 0)


async def test_what_was_asked_by_key_is_asked_again_by_token(office: Office, issuer: Issuer) -> None:
    """The Idempotency-Key is the person's: it is done once, and answered with the same bytes."""
    street, key = office.street, office.street.key()
    await street.member("m-3", 100)
    body = {"change": adjustment("m-3", 5), "reason": "goodwill"}
    first = await (await office.as_("operator", "li-wei")).post("/v1/proposals", json=body, headers=key)
    async with by(street, issuer.token("li-wei")) as client:
        again = await client.post("/v1/proposals", json=body, headers=key)
    assert (first.status_code, again.content) == (201, first.content)


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_token_is_refused_and_told_why(street: Street, issuer: Issuer, name: str) -> None:
    make, why = WRONG[name]
    async with by(street, make(issuer)) as client:
        told = await client.get("/v1/proposals")
        page = await client.get("/problems/token-refused")
    assert (told.status_code, told.json()["type"], told.json()["detail"]) == (401, "/problems/token-refused", why)
    assert told.headers["www-authenticate"] == 'Bearer realm="points", error="invalid_token"'
    assert page.status_code == 200


@pytest.mark.parametrize(
    "make",
    [
        of(lambda i: i.claims()), of(lambda i: i.claims(aud=["shop", "points-api"])), of(lambda i: later(i, exp=-20)),
        of(lambda i: later(i, nbf=20, iat=20)), of(lambda i: i.claims(roles="openid operator")),
        headed(typ="application/at+jwt"), headed(typ=None), headed(nonce="n-1"),
    ],
)  # fmt: skip
async def test_a_token_like_the_wrong_ones_is_taken(
    street: Street, issuer: Issuer, make: Callable[[Issuer], str]
) -> None:
    """Clocks that differ by 20 seconds, an API among others, a header that is not known and not critical."""
    async with by(street, make(issuer)) as client:
        assert (await client.get("/v1/proposals")).status_code == 200


async def test_a_token_that_was_spoiled_anywhere_is_refused(street: Street, issuer: Issuer) -> None:
    """Another letter at one of its places, 300 times. Also in the last, of whose six bits four stand for nothing."""
    token = issuer.token(key=issuer.keys[2])
    drawn = random.Random(8)
    async with httpx.AsyncClient(base_url=street.address) as client:
        for _ in range(300):
            at = drawn.randrange(len(token))
            other = drawn.choice([one for one in "ABZabz019-_." if one != token[at]])
            spoiled = {"Authorization": f"Bearer {token[:at]}{other}{token[at + 1 :]}"}
            told = await client.get("/v1/proposals", headers=spoiled)
            assert told.status_code == 401, (at, other, told.text)


@pytest.mark.parametrize("roles", [[], ["merchant"], ["channel", "admin"], None, 5, {"operator": True}, [["operator"]]])
async def test_who_has_no_role_of_people_may_nothing(street: Street, issuer: Issuer, roles: Any) -> None:
    async with by(street, issuer.token(roles=roles)) as client:
        told = await client.get("/v1/proposals")
    assert (told.status_code, told.json()["type"]) == (403, "/problems/not-allowed")
    assert told.json()["detail"] == "the token's claim roles names none of the roles operator, approver, auditor"


async def told_of(client: httpx.AsyncClient, street: Street) -> dict[str, str]:
    """What each operation answers to a request for what there is not: its status, or the type of its problem."""
    openapi = await described(street)
    found = {}
    for method, path, operation in await operations(street):
        answer = await client.request(
            method, addressed(path, number="99"), json=body_of(operation, openapi), headers=street.key()
        )
        problem = answer.headers["content-type"] == "application/problem+json"
        found[f"{method} {path}"] = answer.json()["type"] if problem else str(answer.status_code)
    return found


async def test_a_token_may_what_a_key_of_its_role_may_and_nothing_else(office: Office, issuer: Issuer) -> None:
    """Each operation by each role. A token that also says merchant and channel may no more; OpenAPI says where to."""
    street = office.street
    theirs, with_key = set(), {}
    for role in PEOPLE:
        with_key = await told_of(await office.as_(role, "sun-lei"), street)
        async with by(street, issuer.token("sun-lei", role, "merchant", "channel")) as client:
            with_token = await told_of(client, street)
        assert with_token == with_key
        theirs |= {at for at, told in with_key.items() if told != "/problems/not-allowed"}
    assert 15 <= len(theirs) < len(with_key)
    assert theirs == {
        f"{method} {path}" for method, path, operation in await operations(street)
        if [*operation["security"][-1]] == ["token"]
    }  # fmt: skip


async def test_another_banks_person_sees_nothing(office: Office, issuer: Issuer) -> None:
    street = office.street
    await street.member("m-secret", 4321)
    made = (await office.propose(adjustment("m-secret", 5)))["proposal_id"]
    async with by(street, issuer.token("li-wei", *PEOPLE, bank=OTHER_BANK)) as stranger:
        for path in ("/v1/proposals", "/v1/audit-trail", "/v1/keys", "/v1/merchants"):
            told = await stranger.get(path)
            assert (told.status_code, told.json()["items"]) == (200, [])
        for path in (f"/v1/proposals/{made}", "/v1/members/m-secret/export"):
            assert (await stranger.get(path)).status_code == 404
        refused = await stranger.post(f"/v1/proposals/{made}/approve", json={}, headers=street.key())
        assert refused.status_code == 404
    async with by(street, issuer.token("li-wei", "operator", bank=BANK)) as own:
        assert (await own.get(f"/v1/proposals/{made}")).status_code == 200


async def planted(street: Street, text: str) -> list[tuple[str, dict[str, Any]]]:
    """Requests with the text in eight places of each operation's."""
    openapi, drawn = await described(street), random.Random(24)
    return [
        (method, request) for method, path, operation in await operations(street)
        for request in drawn.sample([*requests(path, operation, openapi, text)], 8)
    ]  # fmt: skip


async def test_no_part_of_a_token_is_logged_kept_or_told(office: Office, issuer: Issuer) -> None:
    """A token in eight places of each request, by somebody with a token; one that is taken, one that is not."""
    street = office.street
    keys = issuer.keys
    tokens = [issuer.token("zhou-min", *PEOPLE, key=keys[2]), issuer.token("zhou-min", aud="shop", key=keys[0])]
    asked = [request for token in tokens for request in await planted(street, token)]
    assert len(asked) > 600
    answers = []
    async with by(street, tokens[0]) as client:
        for method, request in asked:
            answer = await client.request(method, **request)
            assert answer.status_code < 500, (method, request, answer.text)
            answers.append(f"{answer.headers.raw!r} {answer.text if answer.status_code >= 400 else ''}")
    said = street.said()
    for token in tokens:
        _, claims, signature = token.split(".")
        assert [one for one in (said, *answers) if claims[:40] in one or signature[:40] in one] == []
        assert await where(street.owner, signature) == []
    assert "token.j-" in said


async def shown(street: Street, token: str) -> str:
    """What the list of proposals answers: its status, or the name of the problem."""
    async with by(street, token) as client:
        answer = await client.get("/v1/proposals")
    return str(answer.json().get("type", answer.status_code)).removeprefix("/problems/")


@pytest.mark.parametrize("down", [False, True])
async def test_people_come_by_tokens_alone_unless_it_is_said_otherwise(
    databases: Databases, template: str, tmp_path_factory: pytest.TempPathFactory, down: bool
) -> None:
    """With a claim of scopes. Where the issuer is down from the start people wait; merchants and channels do not."""
    folder = tmp_path_factory.mktemp("alone")
    with serving(SigningKey("RS256", "k-1")) as issuer:
        issuer.answer = (503, {}, b"") if down else None
        scoped = issuer.settings | {"oidc_scopes_claim": "scope"}
        async with served(databases, template, folder, **scoped) as street:
            shop, app = await street.client(), await street.client("channel", "mobile-bank")
            operator = await street.client("operator", "li-wei")
            assert (await shop.get("/v1/settlements")).status_code == 200
            assert (await app.get("/v1/members/m-none")).status_code == 404
            assert (await operator.get("/v1/proposals")).json()["type"] == "/problems/not-allowed"
            scopes = "openid proposals:read", "openid", None, ["members:export", "proposals:read"]
            told = [await shown(street, issuer.token("li-wei", scope=scope)) for scope in scopes]
            some = ["200", "scope-missing", "scope-missing", "200"]
            assert told == (["issuer-unavailable"] * 4 if down else some)
            assert issuer.asked == 1
            nobody = await shop.get("/v1/settlements", headers={"Authorization": "Bearer pk_none_none"})
            assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, 'Bearer realm="points"')
