"""Canaries are planted wherever text goes in, and looked for wherever text comes out.

They are a card number, a key, a code and a phone number. Logs, metrics and error bodies have none of them; the ledger,
its journal and the topics have no card number.

A bank that calls its shop by a telephone number has it in its own ledger, under the name that it gave: there nobody can
tell. Nor can anybody tell a card number within a word that has letters, so ids must have one.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from engine.settings import Settings, SettingsError, load, variable
from tests.chaos.evidence import journalled, kept_on, said
from tests.chaos.house import House
from tests.chaos.traffic import BEGINS, Sent, event, purchase, sent
from tests.conftest import Addresses
from tests.engine.api.everywhere import leaves, planted, requests
from tests.engine.town import Town, opened
from tests.schemas.samples import SAMPLES

CARD, PHONE = "4556737586899855", "13800138000"
CARDS = (CARD, "4556 7375 8689 9855", "4556-7375-8689-9855")
MADE_UP_KEY = "pk_qwertyuiop_" + "s3cReT-canary_0123456789-aBcDeFgHiJkLmNoPqR"
LISTENS = re.compile(r"health and metrics on port (\d+)")
ALWAYS = {"log_format": "json", "log_level": "INFO", "unusable_in_a_row_max": 1_000_000, "api_requests_per_s": 100_000,
          "api_guesses_max": 1_000_000}  # fmt: skip


@pytest.fixture
async def town(servers: Addresses, ready_database: str, tmp_path: Path) -> Any:
    async with opened(servers, ready_database, tmp_path, **ALWAYS) as town:
        yield town


class Canaries:
    """What is planted, in each form in which people write it, and a search that finds it in any of them."""

    def __init__(self, **planted: str) -> None:
        self.planted = planted
        self.forms = [*CARDS, *planted.values(), *(text.replace("-", "") for text in planted.values())]

    def found(self, text: str, of: Iterable[str] = ()) -> list[str]:
        """What is in the text, as it stands, as a URL has it or as PostgreSQL shows bytes."""
        looked = [*(of or self.forms)]
        looked += [one.encode().hex() for one in looked]
        return [one for one in looked if one in text]


def of_events(canaries: Iterable[str]) -> Iterator[Sent]:
    """A canary in each text of an event of every type, as the name of a field, as a header and as the record's key."""
    numbers = itertools.count()
    for canary, sample in itertools.product(canaries, SAMPLES.values()):
        ours = sample | {"source": "/banks/corner/cards"}
        for at in leaves(ours):
            yield sent(planted(ours | {"id": f"canary-{next(numbers)}"}, at, canary))
    for canary in canaries:
        bought = purchase(f"canary-{next(numbers)}", "m-1")
        yield sent(bought | {canary: canary})
        yield sent(bought)._replace(headers=((canary, canary.encode()), ("ce_id", canary.encode())))
        yield sent(bought)._replace(key=canary.encode())
        yield Sent(b"corner/m-1", canary.encode())


async def asked(town: Town, canaries: Iterable[str], tokens: dict[str, str]) -> list[str]:
    """Headers of every answer and bodies of errors: every operation with each canary in each place, by each in turn."""
    told = (await town.channel.get("/openapi.json")).json()
    answers: list[str] = []
    async with httpx.AsyncClient(base_url=town.channel.base_url, timeout=30) as client:
        whose = itertools.cycle(tokens.values())
        for method, request in everywhere(told, canaries):
            token = next(whose)
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k-1"} | request.get("headers", {})
            answer = await client.request(method.upper(), **request | {"headers": headers})
            assert answer.status_code < 500, answer.text
            body = answer.text if answer.status_code >= 400 else ""
            answers.append(f"{method} {answer.headers.raw!r} {body}")
    return answers


def everywhere(told: dict[str, Any], canaries: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for canary, (path, methods) in itertools.product(canaries, told["paths"].items()):
        for method, operation in methods.items():
            yield from ((method, request) for request in requests(path, operation, told, canary))


async def metrics(house: House) -> str:
    """What every process tells Prometheus."""
    ports = [port for worker in house.workers for port in LISTENS.findall(house.said(worker))]
    async with httpx.AsyncClient() as client:
        return "".join([(await client.get(f"http://127.0.0.1:{port}/metrics")).text for port in ports])


async def ledger(house: House) -> dict[str, str]:
    """Every row of every table, with the journal's blocks and the outbox's read."""
    session = await asyncpg.connect(house.database_url, server_settings={"search_path": "points"})
    tables = await session.fetch("select relname from pg_class where relnamespace = 'points'::regnamespace "
                                 "and relkind in ('r', 'p')")  # fmt: skip
    found = {row[0]: "\n".join(one[0] for one in await session.fetch(f'select t::text from "{row[0]}" t'))
             for row in tables}  # fmt: skip
    found["journalled"] = str([journalled(row[0]) for row in await session.fetch("select records from journal")])
    found["said"] = str([said(row[0]) for row in await session.fetch("select messages from outbox")])
    await session.close()
    return found


async def topics(house: House) -> dict[str, str]:
    """What the engine says on every topic of its own."""
    names = ("postings", "tiers", "grants", "redemption-results", "signals", "settlements", "attestations",
             "dead-letters")  # fmt: skip
    return {name: str((await kept_on(house.bootstrap, f"{house.prefix}.{name}"))[0]) for name in names}


async def test_what_is_planted_is_told_nowhere(town: Town, full: bool) -> None:
    house = town.house
    await house.produce([
        sent(event("member.enrolled.v1", "join-1", "m-1", BEGINS, {})), sent(purchase("buy-1", "m-1")),
    ])  # fmt: skip
    await house.quiet()
    tokens = {
        role: (await house.points("keys", "create", "corner", role, holder)).strip()
        for role, holder in (("merchant", "star-cinema"), ("channel", "mobile-bank"), ("operator", "op-1"))
    }
    code, key = await town.code("m-1"), tokens["merchant"]
    canaries = Canaries(key=key, secret=key[14:], made_up=MADE_UP_KEY, code=code, phone=PHONE)
    everything = [*CARDS, key, MADE_UP_KEY, code, PHONE]
    records = list(of_events(everything))
    await house.produce(records)
    answers = await asked(town, everything if full else [CARD, key, code, PHONE], tokens)
    await house.quiet()
    logs = "\n".join(house.said(worker) for worker in house.workers)
    dead = (await house.run("select count(*) as n from dead_letter"))[0]["n"]
    print(f"\n{len(records)} records, {dead} dead letters; {len(answers)} answers; {len(logs)} characters of logs")
    assert dead > len(records) // 3
    for where, text in ("logs", logs), ("metrics", await metrics(house)), ("answers", "\n".join(answers)):
        assert text
        lines = [line[:300] for line in text.splitlines() if canaries.found(line)]
        assert lines == [], (where, lines[:5])
    for kept in (await ledger(house), await topics(house)):
        held = [(where, line[:300]) for where, text in kept.items() for line in text.splitlines()
                if canaries.found(line, CARDS)]  # fmt: skip
        assert held == []
        # The control: what is no card number is there, as it came, and is found by the same search.
        assert any(canaries.found(text, [PHONE]) for text in kept.values())


@pytest.mark.parametrize("canary", [CARD, MADE_UP_KEY])
def test_a_wrong_setting_is_named_and_its_value_is_safe(canary: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting has the canary, an address of PostgreSQL as its password; where it is wrong, its name is told."""
    complaints: dict[str, str] = {}
    for name in Settings.model_fields:
        address = f"postgresql://u:{canary}@127.0.0.1:port/x"
        monkeypatch.setenv(variable(name), address if name.endswith("database_url") else canary)
        try:
            load()
        except SettingsError as error:
            complaints[variable(name)] = str(error)
        monkeypatch.delenv(variable(name))
    assert len(complaints) > len(Settings.model_fields) // 2
    assert [name for name, text in complaints.items() if name not in text or canary in text] == []
