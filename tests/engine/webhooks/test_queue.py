"""Who is told what, in which order, and what becomes of it: on a real PostgreSQL, time being a value."""

from datetime import UTC, datetime

import asyncpg
import pytest

from engine.messages import Said
from engine.webhooks import endpoints
from engine.webhooks.sending import Message
from tests.engine.webhooks.conftest import GONE, REFUSED, TAKEN, Post, result
from tests.engine.webhooks.test_schedule import TRIES

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def grant(id_: str, network: str, member: str = "m-1") -> Said:
    return Said("grants", 0, f"corner/{network}".encode(), id_, b"{}", member)


async def test_an_endpoint_is_told_of_its_merchants_results_and_of_its_networks_grants(post: Post) -> None:
    mine, other = await post.add("https://a.example/", "hair", "car"), await post.add(merchant="shop-2")
    await post.say(
        result("r1", "m-1"), grant("g-1", "hair", "m-2"), grant("g-2", "food", "m-3"), result("r2", "m-4", "shop-2"),
        Said("postings", 0, b"corner/m-1", "p-1", b"{}"), Said("settlements", 0, b"corner/shop-1", "s-1", b"{}"),
    )  # fmt: skip
    assert await post.queue.spread(10) == 1
    assert sorted((one.endpoint_id, one.message_id) for one in await post.due()) == sorted(
        [(mine, "id-r1"), (mine, "g-1"), (mine, "s-1"), (other, "id-r2")]
    )
    assert await post.queue.spread(10) == 0


async def test_an_endpoint_is_told_of_what_is_recorded_since_it_is_there(post: Post) -> None:
    await post.say(result("r1"))
    await post.add()
    await post.say(result("r2", "m-2"))
    await post.queue.spread(10)
    assert await post.due_ids() == ["id-r2"]


async def test_a_members_later_message_waits_for_its_earlier_one_while_others_go_on(post: Post) -> None:
    await post.add()
    await post.say(result("a1", "m-a"), result("b1", "m-b"), result("a2", "m-a"))
    await post.say(result("a3", "m-a"), result("b2", "m-b"))
    await post.queue.spread(10)
    assert await post.due_ids() == ["id-a1", "id-b1"]
    await post.settle("id-a1", REFUSED)
    await post.settle("id-b1", TAKEN)
    assert await post.due_ids() == ["id-b2"]
    await post.settle("id-b2", TAKEN)
    await post.say(result("a4", "m-a"), result("c1", "m-c"))
    await post.queue.spread(10)
    assert await post.due_ids() == ["id-c1"]
    await post.later(6)
    for one in ("a1", "a2", "a3", "a4"):
        assert await post.due_ids() == sorted([f"id-{one}", "id-c1"])
        await post.settle(f"id-{one}", TAKEN)


async def test_what_is_never_taken_is_tried_on_schedule_and_given_up_after_75_hours(post: Post) -> None:
    """Others are taken meanwhile, so it is the message: it is given up, and the member's next one goes."""
    await post.add()
    await post.say(result("bad", "m-a"), result("next", "m-a"), *(result(f"b{n}", "m-b") for n in range(10)))
    await post.queue.spread(10)
    for tries, (pause, _) in TRIES.items():
        await post.settle("id-bad", REFUSED)
        await post.settle(f"id-b{tries - 1}", TAKEN)
        assert "id-bad" not in await post.due_ids()
        await post.later(pause - 1)
        assert "id-bad" not in await post.due_ids()
        await post.later(1 + pause / 10)
        assert "id-bad" in await post.due_ids()
    assert await post.settle("id-bad", REFUSED) is None
    assert await post.value("select state from webhook_delivery where message_id = 'id-bad'") == "failed"
    assert await post.value("select tries from webhook_delivery where message_id = 'id-bad'") == 10
    assert "id-next" in await post.due_ids()


async def test_an_endpoint_that_takes_nothing_for_75_hours_is_paused_and_loses_nothing(post: Post) -> None:
    endpoint = await post.add()
    await post.say(result("a1", "m-a"), result("a2", "m-a"))
    await post.queue.spread(10)
    for pause, _ in TRIES.values():
        assert await post.settle("id-a1", REFUSED) is None
        await post.later(pause * 1.1)
    because = await post.settle("id-a1", REFUSED)
    assert because is not None
    assert because.startswith("answered 500; nothing was taken for 83 hours")  # 75 h 35 min and a tenth of it
    assert await post.due_ids() == []
    await post.say(result("b1", "m-b"))
    await post.queue.spread(10)
    assert (await post.queue.standing()).paused == 1
    await endpoints.resume(post.pool, endpoint)
    assert await post.due_ids() == ["id-a1", "id-b1"]
    assert {one.tries for one in await post.due()} == {0}


async def test_an_endpoint_that_is_gone_is_paused_at_once(post: Post) -> None:
    await post.add()
    await post.say(result("a1"))
    await post.queue.spread(10)
    assert await post.settle("id-a1", GONE) == "answered 410; nothing was taken for 0 hours"
    assert await post.due_ids() == []


async def test_a_replay_tells_again_in_order_and_ahead_of_what_is_newer(post: Post) -> None:
    """By number: what lies behind it. By time: since then. What still waits is not told twice."""
    endpoint = await post.add()
    rows = [await post.say(result(f"a{n}", "m-a")) for n in range(4)]
    await post.queue.spread(10)
    for n in range(3):
        await post.settle(f"id-a{n}", TAKEN)
    assert await post.due_ids() == ["id-a3"]
    assert await post.queue.replay(endpoint, behind=rows[0], since=LONG_AGO, rows_max=2) == (rows[2], 2)
    assert await post.queue.replay(endpoint, behind=rows[2], since=LONG_AGO, rows_max=2) == (rows[3], 1)
    told = []
    while due := await post.due():
        told += [one.message_id for one in due]
        await post.queue.settle(due[0], TAKEN)
    assert told == ["id-a1", "id-a2", "id-a3"]
    await post.owner.execute("update outbox set recorded_at = recorded_at - interval '2 days' where seq < 4")
    yesterday = await post.value("select now() - interval '1 day'")
    assert await post.queue.replay(endpoint, behind=0, since=yesterday, rows_max=10) == (rows[3], 1)


async def test_a_row_is_spread_when_no_running_transaction_could_precede_it(post: Post, migrated: str) -> None:
    """The first of two batches commits last: the second waits for it, and the order is that of the numbers."""
    await post.add()
    other = await asyncpg.connect(migrated, server_settings={"search_path": "points"})
    running = other.transaction()
    await running.start()
    await other.execute("select pg_current_xact_id()")
    post.seq = 5
    await post.say(result("second"))
    assert await post.queue.spread(10) == 0
    post.seq = 4
    first, post.owner = post.owner, other
    await post.say(result("first"))
    post.owner = first
    await running.commit()
    assert await post.queue.spread(10) == 2
    assert await post.due_ids() == ["id-first"]
    await other.close()


async def test_a_batch_waits_for_one_with_a_lower_number_whose_transaction_began_after_it(
    post: Post, migrated: str
) -> None:
    """A member's second batch may have begun its transaction before its first did: the first is spread first."""
    await post.add()
    early, between = [await asyncpg.connect(migrated, server_settings={"search_path": "points"}) for _ in range(2)]
    second, unrelated = early.transaction(), between.transaction()
    await second.start()
    await early.execute("select pg_current_xact_id()")
    await unrelated.start()
    await between.execute("select pg_current_xact_id()")
    await post.say(result("first"))  # its transaction is the youngest; it commits at once
    owner, post.owner = post.owner, early
    await post.say(result("second"))
    post.owner = owner
    await second.commit()
    assert await post.queue.spread(10) == 0
    await unrelated.commit()
    assert await post.queue.spread(10) == 2
    assert await post.due_ids() == ["id-first"]
    await early.close()
    await between.close()


async def test_a_delivery_that_was_settled_is_not_settled_again(post: Post) -> None:
    """An answer that comes after another one's, as of a process that froze, changes nothing."""
    await post.add()
    await post.say(result("a1"), result("a2"))
    await post.queue.spread(10)
    [late] = await post.due()
    await post.queue.settle(late, TAKEN)
    await post.queue.settle(late, REFUSED)
    rows = await post.owner.fetch("select message_id, state, tries from webhook_delivery order by n")
    assert [tuple(row) for row in rows] == [("id-a1", "delivered", 1), ("id-a2", "waiting", 0)]


async def test_a_new_secret_signs_beside_the_old_one_for_a_while(post: Post) -> None:
    endpoint = await post.add()
    await post.say(result("a1"))
    await post.queue.spread(10)

    async def secrets() -> list[int]:
        found: list[Message] = await post.due()
        return list(found[0].secrets)

    await endpoints.rotate(post.pool, post.settings, endpoint, 24)
    assert await secrets() == [2, 1]
    await post.later(24 * 3600 - 60)
    assert await secrets() == [2, 1]
    await post.later(120)
    assert await secrets() == [2]
    await endpoints.rotate(post.pool, post.settings, endpoint, 0)
    assert await secrets() == [3]


async def test_what_ended_long_ago_is_forgotten_and_what_waits_is_not(post: Post) -> None:
    await post.add()
    await post.say(result("a1"), result("a2"))
    await post.queue.spread(10)
    await post.settle("id-a1", TAKEN)
    await post.later(86_400 * 29)
    await post.queue.prune(30)
    assert await post.value("select count(*) from webhook_delivery") == 2
    await post.later(86_400 * 2)
    await post.queue.prune(30)
    assert await post.value("select message_id from webhook_delivery") == "id-a2"


async def test_no_person_and_no_secret_is_in_the_queue(post: Post) -> None:
    await post.add()
    await post.say(result("a1", "m-canary"))
    await post.queue.spread(10)
    for table in ("webhook_delivery", "webhook_endpoint", "webhook_secret"):
        for row in await post.owner.fetch(f"select {table}::text as row, * from {table}"):
            assert "m-canary" not in str(dict(row))
            assert b"m-canary".hex() not in str(dict(row))
            assert "whsec" not in str(dict(row))


async def test_what_cannot_be_done_says_why(post: Post) -> None:
    bare = post.settings.model_copy(update={"webhook_key": None})
    with pytest.raises(endpoints.NoEndpoint, match="POINTS_WEBHOOK_KEY"):
        await endpoints.rotate(post.pool, bare, "wh_1")
    with pytest.raises(endpoints.NoEndpoint, match="no bank is called elsewhere"):
        await endpoints.add(post.pool, post.settings, endpoints.Wanted("elsewhere", "s", [], "https://a.example/"))
    for call in (
        endpoints.resume(post.pool, "wh_1"), endpoints.remove(post.pool, "wh_1"),
        endpoints.pause(post.pool, "wh_1", "x"),
        endpoints.rotate(post.pool, post.settings, "wh_1"),
    ):  # fmt: skip
        with pytest.raises(endpoints.NoEndpoint, match="there is no endpoint wh_1"):
            await call
