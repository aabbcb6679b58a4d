"""What was published of the chain tells one that was rewritten, even where all its digests and links agree."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from engine.evidence.attestations import AttestationError, of_file, of_messages
from engine.evidence.audit import checks
from engine.evidence.chain import Attested
from engine.evidence.verify import Asked, verified
from engine.journal import decompressed
from engine.store.outbox import Outbox
from engine.trail import Entry, Who, tell
from tests.chaos.house import PARTITIONS
from tests.engine.evidence.story import lived, registered
from tests.engine.store.conftest import Desk, desk, migrated, owner

__all__ = ["desk", "migrated", "owner"]


RELINKED = """
update audit_trail t
set chain = sha256(coalesce((select b.chain from audit_trail b where b.trail_number = t.trail_number - 1), '')
                   || convert_to(jsonb_build_array(
                       trail_number, bank, extract(epoch from recorded_at), role, person, key_id, request_id, action,
                       subject, before, after)::text, 'UTF8'))
where trail_number = $1
"""
"""The link of an entry: digest of the link before it and all that it says, written here once more."""


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    return registered(tmp_path)


async def published(desk: Desk) -> list[bytes]:
    """What the relay would publish now."""
    outbox = Outbox(desk.handler.ledger.pool, "loyalty.{}".format)
    return [message.value or b"" for message in await outbox.heads()]


async def rewritten(desk: Desk) -> None:
    """Every link of every lane made anew, as who may do everything would."""
    await desk.owner.execute("set session_replication_role = replica")
    for lane in await desk.rows("select * from lane"):
        link, at = b"", 0
        key = lane["topic"], lane["partition"], lane["generation"]
        where = "topic = $1 and partition = $2 and generation = $3"
        for row in await desk.rows(f"select * from journal where {where} order by asked, seq", *key):
            context = row["context"].replace("{", '{"forged":1,', 1) if row["context"] != "{}" else '{"forged":1}'
            digest, link = linked(row, context, link)
            change = "update journal set context = $1, digest = $2, chain = $3 where seq = $4"
            await desk.owner.execute(change, context, digest, link, row["seq"])
            at = row["next"]
        await desk.owner.execute(f"update lane set chain = $4, next = $5 where {where}", *key, link, at)


def linked(row: Any, context: str, before: bytes) -> tuple[bytes, bytes]:
    """A slice's digest and link by the form that docs/decisions/0004 states."""
    parts = decompressed(row["records"]), context.encode(), row["decided"], row["changed"]
    digest = sha256(b"".join((str([len(part) for part in parts]).replace(" ", "").encode(), *parts))).digest()
    names = ("topic", "partition", "generation", "seq", "asked", "next", "events")
    place = "".join(f"{row[name]}\0" for name in names)
    return digest, sha256(before + place.encode() + digest).digest()


async def chain_wrong(desk: Desk, attested: Attested) -> str | None:
    verdict = await verified(desk.owner, PARTITIONS, Asked(chain_only=True, attested=attested))
    return None if verdict.divergence is None else str(verdict.divergence)


async def chain_wrong_as_of_now(desk: Desk, attested: Attested) -> str | None:
    async with desk.owner.transaction():
        return await chain_wrong(desk, attested)


async def test_a_chain_that_was_rewritten_is_found_by_what_was_published(desk: Desk) -> None:
    await lived(desk)
    values = await published(desk)
    assert len(values) == PARTITIONS + 1
    assert await published(desk) == values
    attested = of_messages(values, "the topic")
    async with desk.owner.transaction():
        assert await chain_wrong(desk, attested) is None
    await rewritten(desk)
    async with desk.owner.transaction():
        assert await chain_wrong(desk, {}) is None
    async with desk.owner.transaction():
        assert "the chain was rewritten" in str(await chain_wrong(desk, attested))


async def test_a_slice_that_was_attested_and_is_gone_is_named(desk: Desk) -> None:
    await lived(desk)
    attested = of_messages(await published(desk), "the topic") | {("loyalty.events/3/1", 4711): b"x" * 32}
    async with desk.owner.transaction():
        assert (
            await chain_wrong(desk, attested)
            == "journal 4711, loyalty.events/3/1, journal: was attested and is not there"
        )


async def test_a_trail_that_was_rewritten_or_cut_is_found_by_what_was_published(desk: Desk) -> None:
    """The second of three entries says something else, and the links from it on are made to fit; then the last goes."""
    await lived(desk)
    for number in range(3):
        async with desk.handler.ledger.transaction() as transaction:
            who = Who("corner", "operator", "li-wei", "key", f"r-{number}")
            await tell(transaction.session, who, Entry("key-made", f"key/k-{number}", None, {"number": number}))
    attested = of_messages(await published(desk), "the topic")
    assert [number for chain, number in attested if chain == "audit-trail"] == [3]
    assert await chain_wrong_as_of_now(desk, attested) is None
    await desk.owner.execute("set session_replication_role = replica")
    await desk.owner.execute("update audit_trail set person = 'sun-lei' where trail_number = 2")
    for number in (2, 3):
        await desk.owner.execute(RELINKED, number)
    assert [one.wrong for one in await checks(desk.owner) if one.name == "trail"] == [0]
    assert "audit_trail, 3: its link is" in str(await chain_wrong_as_of_now(desk, attested))
    await desk.owner.execute("delete from audit_trail where trail_number = 3")
    assert await chain_wrong_as_of_now(desk, attested) == "audit_trail, 3: was attested and is not there"


async def test_a_file_of_attestations_is_read_and_what_is_none_is_named(desk: Desk, tmp_path: Path) -> None:
    await lived(desk)
    values = await published(desk)
    path = tmp_path / "kept.jsonl"
    path.write_bytes(b"\n".join(values) + b"\n")
    assert of_file(path) == of_messages(values, "")
    path.write_bytes(values[0] + b"\n" + values[1].replace(b'"digest":"', b'"digest":"x') + b"\n")
    with pytest.raises(AttestationError, match=r"message 2: data.digest: String should match"):
        of_file(path)
    path.write_bytes(values[0].replace(b"journal.attested", b"journal.praised"))
    with pytest.raises(AttestationError, match=r"message 1: Input tag 'journal.praised.v1'"):
        of_file(path)
