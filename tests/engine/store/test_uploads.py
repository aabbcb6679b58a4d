"""What merchants upload in batches: commands on members' keys, decided once, answered once, the refused ones too."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.batch import Lane, Record, Slice
from engine.evidence.verify import Asked, verified
from engine.store.outbox import unpacked
from engine.store.record import Recorded
from engine.store.sql import statement
from tests.chaos.house import PARTITIONS, partition_of
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.conftest import MASTERS
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk
from tests.engine.store.test_redemptions import BALANCE, NOON, PROGRAM

TOPIC = "loyalty.redemptions"
BANK, SHOP = "/banks/corner/cards", "/merchants/shop-1/tills"
JOIN = [
    sent(event("member.enrolled.v1", "join", "m-1", NOON, {})),
    sent(purchase("a", "m-1", NOON, minor=10_000)),
]
"""100 points."""


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    """The bank's own system may upload for every shop, shop-1's for itself."""
    return corner_bank(
        tmp_path,
        PROGRAM.replace("ride:", "haircut: {network: hair, units: 2, per: calendar-year}\n  ride:"),
        f"{{{BANK}: all, /banks/corner/branch: [member.enrolled.v1], {SHOP}: {{merchant: shop-1}}}}",
    )


def upload(id_: str, source: str = BANK, merchant: str = "shop-1", **told: Any) -> Sent:
    said: dict[str, Any] = {
        "specversion": "1.0",
        "id": id_,
        "source": source,
        "type": "redemption.uploaded.v1",
        "subject": merchant,
    }
    said |= {"time": NOON.isoformat(), "data": told}
    return Sent(f"corner/{merchant}".encode(), json.dumps(said).encode())


class Counter:
    """The lanes of the uploads' topic, and where each stands."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.at = desk, 0
        self.partition = partition_of(b"corner/shop-1")

    async def take(self, *uploads: Sent, asked: int | None = None) -> Recorded:
        first = self.at if asked is None else asked
        records = [Record(first + n, 0, one.key, one.value, ()) for n, one in enumerate(uploads)]
        self.at = max(self.at, first + len(records))
        return await self.desk.handler([Slice(Lane(TOPIC, self.partition, 1), first, first + len(records), records)])

    async def told(self) -> list[dict[str, Any]]:
        """What merchants were told, in order."""
        rows = await self.desk.rows("select messages from outbox order by seq")
        said = [one for row in rows for one in unpacked(row["messages"], str) if one.topic == "redemption-results"]
        return [orjson.loads(one.value or b"")["data"] for one in said]


@pytest.fixture
async def counter(desk: Desk) -> Counter:
    await desk.owner.execute(f"insert into lane select '{TOPIC}', n, 1 from generate_series(0, {PARTITIONS - 1}) n")
    await desk.handle(*JOIN)
    await desk.markers()  # what is relayed from here on
    return Counter(desk)


async def test_a_batch_becomes_commands_that_are_decided_and_answered_in_order(counter: Counter, desk: Desk) -> None:
    """Of 100 points 40 are held, 30 of them captured, 10 come back; 90 at once is more than the 80 that are left."""
    point = {"merchant_ref": "r1", "member": "m-1"}
    await counter.take(
        upload("u-1", ask="hold", **point, network="food", points=40),
        upload("u-2", ask="capture", **point, points=30),
        upload("u-3", ask="reverse", **point, points=10),
        upload("u-4", ask="redeem", merchant_ref="r2", member="m-1", network="food", points=90),
    )
    await desk.handle(*await desk.markers())
    assert tuple((await desk.rows(BALANCE))[0]) == (80, 0, 0, 0)
    assert [(one["merchant_ref"], one["state"], one.get("refusal")) for one in await counter.told()] == [
        ("r1", "held", None),
        ("r1", "captured", None),
        ("r1", "captured", None),
        ("r2", "refused", "not-enough-points"),
    ]


async def test_a_merchant_names_who_redeems_by_the_grant_and_only_for_what_it_grants(
    counter: Counter, desk: Desk
) -> None:
    grants = {row["benefit_id"]: str(row["grant_id"]) for row in await desk.rows("select * from benefit_grant")}
    cut: dict[str, Any] = {"source": SHOP, "ask": "redeem", "grant": grants["haircut"]}
    done = await counter.take(
        upload("u-1", **cut, merchant_ref="r1", network="hair", benefit="haircut"),
        upload("u-2", **cut, merchant_ref="r2", network="food", points=5),
        upload("u-3", **cut, merchant_ref="r3", network="car", benefit="wash"),
        upload("u-4", **cut | {"grant": grants["haircut"][::-1].translate(str.maketrans("", "", "-"))[:8]
                               + grants["haircut"][8:]}, merchant_ref="r4", network="hair", benefit="haircut"),
    )  # fmt: skip
    assert done.dead_letters == {}
    await desk.handle(*await desk.markers())
    assert {one["merchant_ref"]: one.get("refusal", one["state"]) for one in await counter.told()} == {
        "r1": "captured", "r2": "another-grant", "r3": "another-grant", "r4": "unknown-grant",
    }  # fmt: skip
    assert all("m-1" not in json.dumps(one) for one in await counter.told())


async def test_a_reference_is_one_members_and_finds_its_redemption(counter: Counter, desk: Desk) -> None:
    """Another member's redemption under it is refused, in one file and in the next; steps need to name nobody.

    m-1 has 100 points and pays 40, 10 of which come back: 70.
    """
    ask = {"ask": "redeem", "network": "food", "merchant_ref": "r1"}
    await counter.take(
        upload("u-1", member="m-1", points=40, **ask),
        upload("u-2", member="m-2", points=40, **ask),
        upload("u-3", SHOP, ask="reverse", merchant_ref="r1", points=10),
        upload("u-4", SHOP, ask="void", merchant_ref="r9"),
    )
    await counter.take(upload("u-5", member="m-2", points=40, **ask))
    await desk.handle(*await desk.markers())
    assert [(row["member_id"], row["available"]) for row in await desk.rows("select * from balance")] == [("m-1", 70)]
    told = [(one["merchant_ref"], one.get("refusal", one["state"])) for one in await counter.told()]
    assert sorted(told) == [
        ("r1", "captured"), ("r1", "captured"), ("r1", "reference-used"), ("r1", "reference-used"),
        ("r9", "unknown-redemption"),
    ]  # fmt: skip
    assert await desk.value("select count(*) from merchant_reference") == 1


async def test_a_merchants_source_speaks_for_itself_and_of_no_member(counter: Counter, desk: Desk) -> None:
    """Another merchant of the same partition, so that only the registration stands between them."""
    other = next(f"shop-{n}" for n in range(2, 99) if partition_of(f"corner/shop-{n}".encode()) == counter.partition)
    asked: dict[str, Any] = {"ask": "redeem", "network": "food", "points": 1, "merchant_ref": "r1"}
    done = await counter.take(
        upload("u-1", SHOP, member="m-1", **asked),
        upload("u-2", SHOP, other, grant="0b0f6f3e-93a1-5b7c-9d55-6a2c53d0a1ce", **asked),
        upload("u-3", "/banks/other/core", member="m-1", **asked),
    )
    assert done.dead_letters == {"unauthorised-source": 3}
    assert await desk.markers() == []
    details = [row["detail"] for row in await desk.rows('select detail from dead_letter order by "offset"')]
    assert details == [
        f"{SHOP} is a merchant's own and names who redeems by the grant, not by the member",
        f"{SHOP} is not registered for the merchant {other}",
        "source /banks/other/core is not registered at all",
    ]


async def test_what_was_a_strangers_is_decided_when_it_is_sent_again(counter: Counter, desk: Desk) -> None:
    """Once the registration is put right; a benefit that was granted to nobody is refused, and the merchant is told."""
    there = next(f"shop-{n}" for n in range(2, 99) if partition_of(f"corner/shop-{n}".encode()) == counter.partition)
    grant = "0b0f6f3e-93a1-5b7c-9d55-6a2c53d0a1ce"
    told = upload("u-1", SHOP, there, ask="redeem", merchant_ref="r1", network="food", points=1, grant=grant)
    assert (await counter.take(told)).dead_letters == {"unauthorised-source": 1}
    await desk.owner.execute("update source set merchant = $2 where source = $1", SHOP, there)
    await desk.owner.execute(statement("raise_revision"))
    assert (await counter.take(told)).dead_letters == {}
    assert [(one["merchant"], one["refusal"]) for one in await counter.told()] == [(there, "unknown-grant")]


async def test_uploaded_twice_and_delivered_twice_it_is_one_redemption(counter: Counter, desk: Desk) -> None:
    """The same file again, Kafka's redelivery of the first half, and the command itself delivered twice."""
    file = [upload(f"u-{n}", ask="redeem", merchant_ref=f"r{n}", member="m-1", network="food", points=10)
            for n in range(3)]  # fmt: skip
    await counter.take(*file)
    await counter.take(*file[:2], asked=0)
    await counter.take(*file)
    commands = await desk.markers()
    await desk.handle(*commands)
    await desk.handle(*commands)
    assert tuple((await desk.rows(BALANCE))[0]) == (70, 0, 0, 0)
    assert [one["merchant_ref"] for one in await counter.told()] == ["r0", "r1", "r2"]
    changed = upload("u-0", ask="redeem", merchant_ref="r0", member="m-1", network="food", points=99)
    assert (await counter.take(changed)).dead_letters == {"conflict": 1}


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        ({"ask": "redeem", "merchant_ref": "r"}, "data: exactly one of member and grant names who redeems"),
        ({"ask": "redeem", "merchant_ref": "r", "member": "m-1", "points": 5},
         "data: network: Field required to redeem"),
        ({"ask": "void", "merchant_ref": "r", "member": "m-1", "points": 5},
         "data: points: Extra inputs are not permitted to void"),
        ({"ask": "hold", "merchant_ref": "r", "member": "m-1", "network": "food"},
         "data: exactly one of points and benefit is asked for to hold"),
    ],
)  # fmt: skip
async def test_what_cannot_be_a_command_says_what_is_wrong(
    counter: Counter, desk: Desk, told: dict[str, Any], detail: str
) -> None:
    await counter.take(upload("u-1", **told))
    assert await desk.value("select detail from dead_letter") == detail


async def test_types_keep_to_their_topics(counter: Counter, desk: Desk) -> None:
    """A purchase among the uploads, an upload among the events: neither is decided."""
    await counter.take(Sent(b"corner/shop-1", purchase_of("shop-1")))
    await desk.handle(upload("u-1", ask="redeem", merchant_ref="r", member="m-1", network="food", points=1))
    rows = await desk.rows("select reason, detail from dead_letter order by topic")
    assert [tuple(row) for row in rows] == [
        ("wrong-topic", "redemption.uploaded.v1 belongs on loyalty.redemptions, not on loyalty.events"),
        ("wrong-topic", "card.purchased.v1 belongs on loyalty.events, not on loyalty.redemptions"),
    ]


def purchase_of(member: str) -> bytes:
    return sent(purchase("p", member, NOON)).value or b""


async def test_the_journal_with_uploads_decided_again_gives_the_ledger(counter: Counter, desk: Desk) -> None:
    await counter.take(upload("u-1", ask="redeem", merchant_ref="r", member="m-1", network="food", points=1))
    await desk.handle(*await desk.markers())
    async with desk.owner.transaction(isolation="repeatable_read"):
        assert (await verified(desk.owner, PARTITIONS, Asked(masters=MASTERS))).divergence is None


async def test_of_strangers_the_journal_remembers_who_was_registered(counter: Counter, desk: Desk, banks: Path) -> None:
    """A shop's till named a member; the system that sent u-2 and u-3 was unknown, and known when that is read."""
    asked: dict[str, Any] = {"ask": "redeem", "network": "food", "points": 1, "merchant_ref": "r1", "member": "m-1"}
    core = "/banks/corner/core"
    done = await counter.take(upload("u-1", SHOP, **asked), upload("u-2", core, **asked), upload("u-3", core, **asked))
    assert done.dead_letters == {"unauthorised-source": 3}
    await desk.register(banks, f"{BANK}: all", f"{BANK}: [card.purchased.v1], {core}: all")
    async with desk.owner.transaction(isolation="repeatable_read"):
        assert (await verified(desk.owner, PARTITIONS, Asked(masters=MASTERS))).divergence is None
