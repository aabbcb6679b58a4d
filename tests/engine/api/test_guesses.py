"""Keys and codes are not to be guessed: from the tenth try on 429, and no answer is quicker."""

import asyncio
import math
import statistics
import time
from collections import Counter

import httpx

from engine.store.sql import statement
from tests.engine.api.conftest import BANK, Street

ALLOWED = 9
"""Wrong ones that are answered as such; what comes after them is told to wait."""


def wrong_key(number: int) -> dict[str, str]:
    return {"Authorization": f"Bearer pk_{'q' * 10}_{'x' * 37}{number:06}"}


async def refused(client: httpx.AsyncClient, numbers: range) -> Counter[int]:
    """Statuses of so many wrong keys from one source."""
    told: Counter[int] = Counter()
    for number in numbers:
        told[(await client.get("/v1/redemptions/r-1", headers=wrong_key(number))).status_code] += 1
    return told


async def test_wrong_keys_from_one_source_and_from_a_hundred(street: Street, full: bool) -> None:
    """10,000 of each in the full form: nine of each source are looked at, and who has a right key goes on."""
    many = 10_000 if full else 200
    sources = 100 if full else 10
    clients = [
        httpx.AsyncClient(
            base_url=street.address, transport=httpx.AsyncHTTPTransport(local_address=f"127.0.1.{number}"), timeout=30
        )
        for number in range(1, sources + 1)
    ]
    alone = httpx.AsyncClient(base_url=street.address, timeout=30)
    assert await refused(alone, range(many)) == {401: ALLOWED, 429: many - ALLOWED}
    each = many // sources
    told = await asyncio.gather(*(refused(one, range(n * each, (n + 1) * each)) for n, one in enumerate(clients)))
    assert sum(told, Counter()) == {401: ALLOWED * sources, 429: (each - ALLOWED) * sources}
    right = {"Authorization": f"Bearer {await street.token('merchant', 'wash-1')}"}
    for one in alone, *clients:
        assert (await one.get("/v1/redemptions/r-1", headers=right)).status_code == 404
        await one.aclose()


async def test_wrong_codes_of_a_hundred_shops(street: Street, full: bool) -> None:
    """A code has 60 bits. 100 shops that try 100 each look at 900, so a live code takes 2**60 / 900 times as long."""
    shops, each = (100, 100) if full else (5, 20)
    for number in range(shops):
        await street.owner.execute(statement("add_merchant"), BANK, f"shop-{number}", "car", None, False)

    async def guess(number: int) -> Counter[int]:
        client = await street.client("merchant", f"shop-{number}")
        asked = [{"code": f"{number:04}-{n:04}-2000-0"} for n in range(each)]
        return Counter([(await client.post("/v1/codes/look-up", json=one)).status_code for one in asked])

    told = await asyncio.gather(*(guess(number) for number in range(shops)))
    assert sum(told, Counter()) == {404: ALLOWED * shops, 429: (each - ALLOWED) * shops}
    assert 2**60 / (ALLOWED * shops) > 2**40


async def test_no_answer_tells_by_its_time_whose_key_there_is(closed_street: Street, full: bool) -> None:
    """A key in use with a wrong secret, and an id that nobody has, in turn: Welch's t-test sees no difference.

    Of three rounds one must come to p > 0.01, since another process may take the machine in one of them. The normal
    distribution stands for Student's, with hundreds of answers each.
    """
    street, count = closed_street, 2_000 if full else 300
    await street.serve(api_guesses_max=10_000_000)
    token = await street.token("merchant", "wash-1")
    known = {"Authorization": f"Bearer pk_{token.split('_')[1]}_{'x' * 43}"}
    client = await street.client()
    found = []
    for _ in range(3):
        took: tuple[list[float], list[float]] = ([], [])
        for number in range(count):
            assert (await client.get("/v1/redemptions/r-1")).status_code == 404
            both = list(enumerate((known, wrong_key(number))))
            for which, headers in both if number % 2 else reversed(both):  # what comes first comes after another answer
                began = time.perf_counter()
                told = await client.get("/v1/redemptions/r-1", headers=headers)
                took[which].append(time.perf_counter() - began)
                assert told.status_code == 401
        found.append(alike(*map(trimmed, took)))
        print(f"\n{[1000 * statistics.mean(one) for one in map(trimmed, took)]} ms, p = {found[-1]:.3f}")
        if found[-1] > 0.01:
            return
    raise AssertionError(found)


def trimmed(times: list[float]) -> list[float]:
    """Without the slowest tenth, in which the machine did something else."""
    return sorted(times)[: len(times) * 9 // 10]


def alike(first: list[float], second: list[float]) -> float:
    """How probable so large a difference of the means is where there is none."""
    spread = math.sqrt(statistics.variance(first) / len(first) + statistics.variance(second) / len(second))
    return math.erfc(abs(statistics.mean(first) - statistics.mean(second)) / spread / math.sqrt(2))
