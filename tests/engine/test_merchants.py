"""What is handed to merchants works against the bank as it runs: the cinema's client, and a barber's `curl`."""

import asyncio
import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from standardwebhooks.webhooks import Webhook

from cinema.bank import Bank, Refused, Unanswered
from cinema.inbox import Inbox, genuine
from engine.embedded.child import free_port
from tests.chaos.expected import BANK
from tests.chaos.traffic import event, purchase, sent
from tests.conftest import Addresses, Databases
from tests.engine.channels.test_page import steady
from tests.engine.town import BARBER, SHOP, Town, opened, until
from tests.engine.typed import typed

pytestmark = pytest.mark.asyncio(loop_scope="module")
EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"
PAGE = (EXAMPLES / "cinema" / "README.md").read_text(encoding="utf-8")
BARBERS_PAGE = (EXAMPLES.parents[1] / "docs" / "merchants.md").read_text(encoding="utf-8")
CODE = "7H3K-9QWX-52TM-B"
NAMES = count(1)
SIGNED = ("content-digest", "signature-input", "signature")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(
    servers: Addresses, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """A town for all tests of the file; each has a customer of its own."""
    url = databases.ready()
    async with opened(servers, url, tmp_path_factory.mktemp("town")) as town:
        yield town
    databases.drop(url)


@pytest_asyncio.fixture(loop_scope="module")
async def customer(town: Town) -> str:
    """A core customer with two films and 500 points."""
    name, now = f"m-{next(NAMES)}", datetime.now(UTC)
    joined = event("member.enrolled.v1", f"join-{name}", name, now - timedelta(minutes=2), {})
    bought = purchase(f"buy-{name}", name, now - timedelta(minutes=1), minor=50_000)
    await town.house.produce([sent(joined), sent(bought)])

    async def core() -> bool:
        shown = (await town.channel.get(f"/v1/members/{name}")).json()
        return bool(shown.get("tier", {}).get("tier") == "core")

    await until(core)
    return name


async def films(town: Town, member: str) -> int:
    """Units of the film that a customer has left."""
    granted = (await town.channel.get(f"/v1/members/{member}/benefits")).json()["granted"]
    return sum(one["left"] for one in granted if one["benefit"] == "film")


async def settle(town: Town, merchant: str) -> None:
    """Today is settled, for one merchant."""
    day = datetime.now(UTC).date().isoformat()
    await town.house.points("settle", "--bank", BANK, "--day", day, "--merchant", merchant)


class Line:
    """What lies between the till and the bank: of so many requests the bank's answer is lost on its way."""

    def __init__(self, bank: str) -> None:
        self.lose = 0
        self.asked: list[tuple[str, str]] = []
        self.signatures: set[str | None] = set()
        line = self
        ahead = self.ahead = httpx.Client(base_url=bank)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                names = ("authorization", "content-type", "idempotency-key", *SIGNED)
                told = {name: self.headers[name] for name in names if name in self.headers}
                answer = ahead.post(self.path, content=body, headers=told)
                line.signatures.add(self.headers.get("signature"))
                line.asked.append((self.headers["idempotency-key"], answer.text))
                if line.lose:
                    line.lose -= 1
                    return  # the connection is closed, nothing was said
                self.send_response(answer.status_code)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # theirs
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def line_to(town: Town) -> Iterator[Line]:
    line = Line(str(town.at_till.base_url))
    thread = threading.Thread(target=line.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield line
    line.server.shutdown()
    line.server.server_close()
    line.ahead.close()
    thread.join()


def key_of(town: Town) -> str:
    return town.at_till.headers["authorization"].removeprefix("Bearer ")


@pytest_asyncio.fixture(loop_scope="module")
async def signing(town: Town) -> tuple[str, str]:
    """A key of the cinema's whose requests are signed, and its secret."""
    key = (await town.house.points("keys", "create", BANK, "merchant", SHOP)).strip()
    return key, (await town.house.points("keys", "sign", key.split("_")[1])).strip()


def named(signing: tuple[str, str]) -> dict[str, str]:
    return dict(zip(("BANK_KEY", "BANK_SIGNING"), signing, strict=True))


@pytest.mark.parametrize("signs", [False, True])
async def test_an_answer_that_is_lost_is_given_again_and_nothing_is_done_twice(
    town: Town, customer: str, signing: tuple[str, str], *, signs: bool
) -> None:
    """Of each step two answers are lost. One film is held and void, one captured and given back: two are left.

    Who signs does so anew each time: fifteen requests have fifteen signatures.
    """
    keys = signing if signs else (key_of(town), None)
    with line_to(town) as line, Bank(line.url, *keys) as bank:

        async def at_till(step: str, *told: object) -> str:
            line.lose, before = 2, len(line.asked)
            done = await asyncio.to_thread(getattr(bank, step), *told)
            asked = line.asked[before:]
            assert len(asked) == 3
            assert len(set(asked)) == 1, "the same key, and the same bytes"
            return str(done["state"])

        code = await town.code(customer)
        assert await at_till("hold", f"A-{customer}", code, "film", 4_500) == "held"
        assert await at_till("void", f"A-{customer}") == "voided"
        assert await films(town, customer) == 2
        assert await at_till("hold", f"B-{customer}", await town.code(customer), "film", 3_000) == "held"
        assert await at_till("capture", f"B-{customer}") == "captured"
        assert await films(town, customer) == 1
        assert await at_till("reverse", f"B-{customer}") == "reversed"
        assert await films(town, customer) == 2
    assert len(line.signatures) == (15 if signs else 1)


async def test_when_nobody_answers_in_time_the_reference_tells_later(town: Town, customer: str) -> None:
    code = await town.code(customer)
    with line_to(town) as line, Bank(line.url, key_of(town), patience_s=0.5) as till:
        line.lose = 1_000
        with pytest.raises(Unanswered):
            await asyncio.to_thread(till.hold, f"C-{customer}", code, "film", 3_000)
    with Bank(str(town.at_till.base_url), key_of(town)) as bank:
        found = await asyncio.to_thread(bank.standing, f"C-{customer}")
        assert found is not None
        assert (found["state"], found["units"]) == ("held", 1)
        assert await asyncio.to_thread(bank.standing, f"D-{customer}") is None
        with pytest.raises(Refused) as refused:
            await asyncio.to_thread(bank.hold, f"D-{customer}", code, "film", 3_000)
    assert (refused.value.status, refused.value.kind) == (422, "code-used")


@contextmanager
def listening(command: list[str], environ: dict[str, str]) -> Iterator[None]:
    """The command that takes webhooks, from when it says that it does."""
    with subprocess.Popen(command, cwd=EXAMPLES, env=environ, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            yield
        finally:
            server.terminate()


async def test_what_the_page_shows_is_done(town: Town, customer: str, tmp_path: Path, signing: tuple[str, str]) -> None:
    """The page's commands in order, signed, with this customer's code; a film of 45.00 costs 30 points and a unit."""
    port, inbox = free_port(), tmp_path / "inbox.sqlite"
    environ = os.environ | {"BANK_ADDRESS": str(town.at_till.base_url)} | named(signing)
    code, number = await town.code(customer), f"T-{customer}"

    def command(shown: str) -> list[str]:
        words = shown.replace(CODE, code).replace("T-1041", number).replace("settlements", str(tmp_path / "files"))
        return [sys.executable, *shlex.split(words)[1:]]

    async def run(shown: str) -> str:
        done = await asyncio.to_thread(
            subprocess.run, command(shown), cwd=EXAMPLES, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{shown}: {done.stderr}"
        return done.stdout

    lines = re.findall(r"^python -m cinema .*$", PAGE, re.MULTILINE)
    [listen] = [one for one in lines if " listen " in one]
    [file] = [one for one in lines if " settlement " in one]
    [messages] = [one for one in lines if " messages" in one]
    to = re.sub(r"https://\S+ --port \d+", f"http://127.0.0.1:{port}/bank --port {port} --inbox {inbox}", listen)
    with listening(command(to), environ):
        steps = [json.loads(await run(one)) for one in lines if one not in (listen, messages, file)]
        await settle(town, SHOP)

        async def told() -> list[str]:
            types = [type_ for type_, body in Inbox(inbox).messages() if number in body or "settlement" in type_]
            return types if len(types) == 4 else []

        assert sorted(await until(told)) == ["redemption.decided.v1"] * 3 + ["settlement.closed.v1"]
    shown = json.loads(await run(f"{messages} --inbox {inbox}"))
    assert shown == [json.loads(body) for _, body in Inbox(inbox).messages()]
    assert {one["data"]["merchant"] for one in shown if one["type"] == "settlement.closed.v1"} == {SHOP}
    looked, held, captured, back, standing = steps
    assert {one["benefit"]: one["units"] for one in looked["benefits"]} == {"popcorn": 1, "film": 2}
    assert [one["state"] for one in (held, captured, back, standing)] == ["held", "captured", "reversed", "reversed"]
    assert (captured["units"], captured["points"]) == (1, 30)
    place = json.loads(await run(file.replace("settlement 7", "settlement 1")))
    assert f",{number}," in await asyncio.to_thread(Path(place).read_text)


SHOWN = re.compile(r"```sh\n(.*?)```(?:\n\n```json\n(.*?)```)?", re.DOTALL)


async def test_a_barber_redeems_by_the_lines_of_the_page(town: Town, customer: str, tmp_path: Path) -> None:
    """A haircut that is given back on the same day is two lines of the file, which comes to nothing."""
    key = (await town.house.points("keys", "create", BANK, "merchant", BARBER)).strip()
    environ = {"BANK": str(town.at_till.base_url), "AUTH": f"Authorization: Bearer {key}"}
    code = await town.code(customer)
    answers = []
    for lines, answer in SHOWN.findall(BARBERS_PAGE):
        if "settlements" in lines:
            await settle(town, BARBER)
        for line in lines.replace("\\\n", " ").strip().splitlines():
            said = await asyncio.to_thread(typed, line.replace(CODE, code), environ, tmp_path)
            answers.append(json.loads(said or "null"))
        if answer:
            assert steady(answers[-1]) == steady(json.loads(answer)), lines
    _, cut, standing, back, [file], _ = [one.get("items", one) if one else one for one in answers]
    assert [one["state"] for one in (cut, standing, back)] == ["captured", "captured", "reversed"]
    assert (file["captures"], file["returns"], file["value_minor"]) == (1, 1, 0)
    text = await asyncio.to_thread((tmp_path / "settlement-1.csv").read_text)
    assert [row.split(",")[7] for row in text.splitlines() if row.startswith("D")] == ["haircut", "haircut"]


SECRET, BODY = "whsec_" + "A" * 32, '{"a": 1}'


@pytest.mark.parametrize(
    ("signed", "more", "late_s", "taken"),
    [
        ((SECRET, "msg-1", BODY), "", 0, True),
        ((SECRET, "msg-1", BODY), "v1,AAAA ", 0, True),
        ((SECRET, "msg-1", BODY), "", 299, True),
        ((SECRET, "msg-1", BODY), "", 301, False),
        ((SECRET, "msg-1", '{"a": 2}'), "", 0, False),
        ((SECRET, "msg-2", BODY), "", 0, False),
        (("whsec_" + "B" * 32, "msg-1", BODY), "", 0, False),
    ],
)
async def test_what_the_public_library_signs_is_taken_and_nothing_else(
    signed: tuple[str, str, str], more: str, late_s: int, taken: bool
) -> None:
    secret, id_, body = signed
    at = datetime.fromtimestamp(int(time.time()), UTC)
    headers = {
        "webhook-id": "msg-1", "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": more + Webhook(secret).sign(id_, at, body),
    }  # fmt: skip
    assert genuine(SECRET, headers, BODY.encode(), at.timestamp() + late_s) == taken


async def test_what_is_no_signature_at_all_is_refused() -> None:
    whole = {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    for name in whole:
        assert not genuine("whsec_AAAA", {k: v for k, v in whole.items() if k != name}, b"{}", 1)
    assert not genuine("whsec_AAAA", whole | {"webhook-timestamp": "soon"}, b"{}", 1)
    assert not genuine("whsec_AAAA", whole | {"webhook-signature": "v1,中"}, b"{}", 1)
