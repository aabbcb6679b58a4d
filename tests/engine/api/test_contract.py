"""The whole OpenAPI is tried by Schemathesis, each operation and what flows from one to the next.

The bank is one in which everything is: tiers, signals, benefits that points buy and that become others, settlement
files, webhooks. Every operation is asked with a key of each role that may ask it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, get_args
from zlib import crc32

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import FlakyStrategyDefinition
from prometheus_client import CollectorRegistry
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import positive_data_acceptance

from engine.api.app import create_app
from engine.api.keys import Role
from engine.metrics import Meters
from engine.settings import load
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.conftest import Databases
from tests.engine.api.conftest import MERCHANTS, Street, opened
from tests.engine.api.drawn import LATER, WHOLE, later, whole
from tests.engine.api.everywhere import who_may
from tests.engine.api.test_settlements import redeem, settle

ROLES: tuple[Role, ...] = get_args(Role)
STAFF: tuple[Role, Role] = ("operator", "approver")
HOLDERS = {"merchant": "wash-1"}
MEMBERS = tuple(f"m-{number}" for number in range(6))
OF_STAFF = "m-of-staff"
"""Whom staff freezes, closes and erases, so that the others go on."""
MANAGER = "mgr-1"
OFTEN: Final = 200
QUICKLY: Any = {
    "deadline": None, "database": None, "suppress_health_check": list(HealthCheck),
    "phases": [Phase.explicit, Phase.generate],
}  # fmt: skip


@pytest.fixture(scope="module")
def template(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a database of banks in which everything is."""
    with opened(databases, tmp_path_factory.mktemp("whole"), WHOLE, MERCHANTS) as url:
        yield url


class Town:
    """The API with who may ask what of it, what is known there, and what came of the cases."""

    def __init__(
        self, street: Street, told: dict[str, Any], tokens: dict[Role, str], may: dict[str, list[Role]]
    ) -> None:
        self.street, self.tokens, self.may = street, tokens, may
        self.schema: Any = schemathesis.openapi.from_dict(told)
        self.schema.config.update(base_url=street.address)
        self.known: dict[str, tuple[Any, ...]] = {
            "member_id": MEMBERS, "number": (1,), "manager": (MANAGER,), "merchant": ("wash-1",),
            "merchant_ref": ("r-first",),
        }  # fmt: skip
        self.statuses: dict[str, Counter[int]] = defaultdict(Counter)
        self.failures: list[BaseException] = []
        self.codes: list[str] = []
        self.approved: list[str] = []
        """Keys that were proposed and approved, and that nobody has taken yet."""

    def bearer(self, role: Role) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def place(self, case: Any) -> None:
        """Asks for what is there, where Schemathesis drew a name of the right form by chance; wrong forms stay."""
        if case.meta.generation.mode.is_negative:
            return
        for one in (case.path_parameters, case.query):
            for name in one.keys() & self.known.keys():
                there = self.known[name]
                one[name] = there[crc32(repr(one[name]).encode()) % len(there)]
        case.body = later(case.body) if isinstance(case.body, str) else whole(case.body)
        if isinstance(case.body, dict):
            self._fill(case.body)

    def _fill(self, body: dict[str, Any]) -> None:
        if "code" in body and self.codes and crc32(body["code"].encode()) % 4:
            body["code"] = self.codes.pop()
        if "proposal_id" in body and self.approved:
            body["proposal_id"] = self.approved.pop()
        if body.get("points"):
            body["points"] = body["points"] % 50 + 1
        if body.get("benefit"):
            body["benefit"] = ("wash", "ride", "shine")[len(body["benefit"]) % 3]
        if "into" in body:
            body |= {"benefit": "shine", "into": "ride"}
        if "what" in body:
            body["what"] = "network/air"  # what is tried elsewhere goes on
        if isinstance(body.get("change"), dict) and "member_id" in body["change"]:
            body["change"]["member_id"] = OF_STAFF

    def headers(self, case: Any) -> dict[str, str]:
        """The key of one of those who may; nothing where Schemathesis spoils headers, of which the key is one."""
        if case.meta.is_negative_at(ParameterLocation.HEADER):
            return {}
        may = self.may[case.operation.label]
        drawn = crc32(repr((case.path_parameters, case.body)).encode())
        return self.bearer(may[drawn % len(may)])

    def given(self, case: Any) -> dict[str, Any]:
        """Whose key goes with a case; a text goes as it is, of which Schemathesis would make a quoted scalar."""
        text = {"data": case.body.encode()} if isinstance(case.body, str) else {}
        return {"headers": self.headers(case), **text}

    def check(self, response: Any, case: Any, **more: Any) -> None:
        """All checks of Schemathesis, but that what has the right form is granted: it may not be there, or be refused.

        Instead of that one: it is never said to have another form.
        """
        self.statuses[case.operation.label][response.status_code] += 1
        self._remember(response)
        try:
            case.validate_response(
                response, additional_checks=[never_another_form], excluded_checks=[positive_data_acceptance], **more
            )
        except BaseException as failure:
            self.failures.append(failure)
            raise

    def _remember(self, response: Any) -> None:
        """Codes and references that there are from now on."""
        told = json.loads(response.text) if response.status_code == httpx.codes.CREATED else {}
        if "code" in told:
            self.codes.append(told["code"])
        if "merchant_ref" in told:
            self.known["merchant_ref"] = (*self.known["merchant_ref"], told["merchant_ref"])[-8:]

    @property
    def cases(self) -> int:
        return sum(statuses.total() for statuses in self.statuses.values())

    @property
    def done(self) -> set[str]:
        """Operations that did what was asked at least once."""
        return {label for label, statuses in self.statuses.items() if any(200 <= status < 300 for status in statuses)}

    @property
    def undone(self) -> set[str]:
        """Operations that were asked often and never did what was asked."""
        return {label for label, statuses in self.statuses.items() if statuses.total() >= OFTEN} - self.done

    def told_of(self, kind: str) -> None:
        """Prints what came of the cases."""
        print(f"\n{kind}: {self.cases} cases")
        for label, statuses in sorted(self.statuses.items()):
            print(f"  {label}: {dict(sorted(statuses.items()))}")

    def never_fell(self) -> None:
        assert "Traceback" not in self.street.said()
        assert '"status": 500' not in self.street.said()
        assert not any(statuses[500] for statuses in self.statuses.values())


def never_another_form(_ctx: Any, response: Any, case: Any) -> None:
    """`errors` is of what has another form than the OpenAPI tells; of `data`, AsyncAPI tells it."""
    said = response.text if response.status_code >= 400 and case.meta.generation.mode.is_positive else "{}"
    errors = [one["pointer"] for one in json.loads(said).get("errors", ()) if "pointer" in one]
    assert [one for one in errors if not one.startswith("/data")] == [], said


@pytest.fixture
async def town(closed_street: Street) -> Town:
    """Guesses are not counted, so that codes may be wrong again and again."""
    street = closed_street
    await street.serve(api_guesses_max=10_000_000)
    for name in (*MEMBERS, OF_STAFF):
        await street.desk.handle(
            sent(event("member.enrolled.v1", f"join-{name}", name, street.at, {"manager": MANAGER})),
            sent(purchase(f"buy-{name}", name, street.at, minor=48_000)),
        )
    shop = await street.client()
    await redeem(street, shop, "r-first", points=150)
    await settle(street)
    tokens = {role: await street.token(role, HOLDERS.get(role, f"{role}-1")) for role in ROLES}
    async with httpx.AsyncClient(base_url=street.address) as client:
        town = Town(street, (await client.get("/openapi.json")).json(), tokens, await who_may(street, tokens))
    town.codes = [await street.code(MEMBERS[number % len(MEMBERS)], good_for_s=900) for number in range(48)]
    await furnish(town)
    return town


async def furnish(town: Town) -> None:
    """A dead letter, a version that may come into force, and keys that two people agreed upon."""
    street = town.street
    await street.desk.handle(Sent(b"corner/m-1", b"not JSON", ()))
    place = "select topic || ':' || generation || ':' || partition || ':' || \"offset\" from dead_letter"
    town.known["letter"] = (await street.owner.fetchval(place),)
    operator, approver = [
        httpx.AsyncClient(base_url=street.address, headers=town.bearer(one), timeout=60) for one in STAFF
    ]
    async with operator, approver:
        text, yaml = LATER.replace("{year}", "2099"), {"Content-Type": "application/yaml"}
        uploaded = await operator.post("/v1/programs", content=text, headers=street.key() | yaml)
        town.known["program_hash"] = (uploaded.json()["program_hash"],)
        for number in range(12):
            change = {"kind": "key", "role": "channel", "holder": f"kiosk-{number}", "scopes": ["members:read"]}
            asked = {"change": change, "reason": "opening"}
            made = (await operator.post("/v1/proposals", json=asked, headers=street.key())).json()["proposal_id"]
            await approver.post(f"/v1/proposals/{made}/approve", json={}, headers=street.key())
            town.approved.append(made)


async def test_every_operation_keeps_to_its_description(town: Town, full: bool) -> None:
    """Requests of the right form and of wrong ones: each answer is as described, and none is a fault of the server."""
    found = [one.ok() for one in town.schema.get_all_operations()]
    assert {one.label for one in found} == town.may.keys()
    assert {role for roles in town.may.values() for role in roles} == set(ROLES)
    for operation in found:

        @settings(max_examples=100 if full else 8, derandomize=True, **QUICKLY)
        @given(case=operation.as_strategy())
        def tried(case: Any) -> None:
            town.place(case)
            sent_with = town.given(case)
            town.check(case.call(**sent_with), case, transport_kwargs=sent_with)

        tried()
    town.told_of("each operation")
    town.never_fell()


async def test_what_one_answer_names_is_asked_for_next(town: Town, full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links of the OpenAPI are followed: codes are redeemed, holds captured, voided, reversed, over and over.

    The API remembers what was done to it, so that Hypothesis may find itself in another place than it was before: then
    it goes on from another seed. A check that fails is kept whatever becomes of its scenario.
    """

    class Machine(town.schema.as_state_machine()):  # type: ignore[misc]  # made of the description
        def before_call(self, case: Any) -> None:
            town.place(case)

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return town.given(case)

        def validate_response(self, response: Any, case: Any, *_: Any, **given: Any) -> None:
            town.check(response, case, transport_kwargs=given, recorder=self.recorder)

    cases, operations = 10_000 if full else 200, len(town.may) // 2
    for seed in range(2 * cases):
        monkeypatch.setattr("hypothesis.core.global_force_seed", seed)
        with suppress(FlakyStrategyDefinition):
            Machine.run(settings=settings(max_examples=5, stateful_step_count=20, **QUICKLY))
        if (town.cases >= cases and len(town.done) >= operations) or town.cases >= 3 * cases:
            break
    town.told_of("stateful")
    assert town.failures == []
    town.never_fell()
    assert town.cases >= cases
    assert len(town.done) >= operations, town.may.keys() - town.done
    assert town.undone == set()


def test_answers_lead_on() -> None:
    """Of each kind of link one that a client follows: by an answer's own name, a list's, and into a body."""
    settings_ = load(database_url="postgresql://x", api_pepper="p" * 40)
    paths = create_app(settings_, Meters(CollectorRegistry())).openapi()["paths"]

    def links(method: str, path: str, status: str) -> dict[str, Any]:
        told: dict[str, Any] = paths[path][method]["responses"][status].get("links", {})
        return {name.split("_v1_")[0]: (one["parameters"], one.get("requestBody")) for name, one in told.items()}

    ref = ({"merchant_ref": "$response.body#/merchant_ref"}, None)
    assert links("post", "/v1/redemptions", "201") == dict.fromkeys(("capture", "void", "reverse", "look"), ref)
    signal = {"signal_id": "$response.body#/items/0/signal_id"}
    assert links("get", "/v1/signals", "200")["work"] == (signal, None)
    code = {"code": "$response.body#/code"}
    assert links("post", "/v1/members/{member_id}/codes", "201") == {"redeem": ({}, code), "look_up": ({}, code)}
    grant = {"grant_id": "$response.body#/granted/0/grant_id"}, {"member_id": "$request.path.member_id"}
    assert links("get", "/v1/members/{member_id}/benefits", "200")["code"] == (grant[1], grant[0])
