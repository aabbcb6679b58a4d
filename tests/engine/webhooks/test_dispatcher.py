"""The process that tells merchants: killed and started again it tells everything, in order, under the same ids."""

import asyncio
import random
import signal
import threading
from collections import defaultdict

import pytest

from tests.chaos.house import eventually
from tests.engine.webhooks.conftest import Post, Process, Start, result
from tests.engine.webhooks.receiver import Came, Receiver


async def test_killed_again_and_again_it_tells_everything_in_order(
    post: Post, receiver: Receiver, start: Start, full: bool
) -> None:
    """Twelve members have messages before each kill; every hundredth message is refused when it comes first."""
    members, each, kills = (12, 400, 50) if full else (12, 42, 6)
    draw = random.Random(5)
    first: dict[str, int] = defaultdict(int)

    def answers(came: Came) -> int:
        first[came.id] += 1
        return 500 if first[came.id] == 1 and int(came.ref.split("-")[1]) % 100 == 7 else 200

    receiver.answers = answers
    await post.add(receiver.url)
    names = [f"m{m}-{n * members + m}" for n in range(each) for m in range(members)]
    share = len(names) // kills
    for part in (names[at : at + share] for at in range(0, len(names), share)):
        for said in (part[at : at + 30] for at in range(0, share, 30)):
            await post.say(*(result(ref, ref.partition("-")[0]) for ref in said))
        await kill_on_the_way(start(), receiver, draw.random() * 0.3)
    process = start()

    async def all_came() -> bool:
        return bool(
            await post.value("select count(*) = $1 from webhook_delivery where state = 'delivered'", len(names))
        )

    await eventually(all_came, 60)
    assert sorted(receiver.refs()) == sorted(names)
    for member in range(members):
        ours = [int(ref.split("-")[1]) for ref in receiver.refs() if ref.startswith(f"m{member}-")]
        assert ours == sorted(ours)
        assert len(ours) == each
    assert (
        len({(came.id, came.body) for came in receiver.came}) == len({came.id for came in receiver.came}) == len(names)
    )
    print(f"\n{len(names)} messages, {kills} kills: {len(receiver.came)} requests")
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0


async def kill_on_the_way(process: Process, receiver: Receiver, after_s: float) -> None:
    """Some time after it began to send."""
    so_far = len(receiver.came)
    await eventually(lambda: came_more(receiver, so_far), 30)
    await asyncio.sleep(after_s)
    process.kill()
    process.wait()


async def came_more(receiver: Receiver, than: int) -> bool:
    return len(receiver.came) > than


@pytest.mark.parametrize(("slow", "at_most"), [(1, 4), (3, 8)])
async def test_a_merchant_that_hangs_holds_up_nobody_else(
    post: Post, receiver: Receiver, start: Start, slow: int, at_most: int
) -> None:
    """A slow endpoint never has more than four to answer, and three of one merchant's no more than eight of the 32.

    Another's hundred messages go out meanwhile.
    """
    over, held, most = threading.Event(), [0], [0]

    def answers(came: Came) -> int:
        if came.path.startswith("/slow"):
            held[0] += 1
            most[0] = max(most[0], held[0])
            over.wait(2.9)  # just within what it is waited for
            held[0] -= 1
        return 200

    receiver.answers = answers
    for number in range(slow):
        await post.add(receiver.url.replace("/hook", f"/slow-{number}"), merchant="shop-slow")
    await post.add(receiver.url)
    await post.say(*(result(f"s-{n}", f"m-{n}", "shop-slow") for n in range(200)))
    await post.say(*(result(f"r-{n}", f"m-{n}") for n in range(100)))
    start()

    async def told() -> bool:
        return sum(came.path.startswith("/hook") for came in receiver.came) == 100

    async def full() -> bool:
        return most[0] >= at_most

    await eventually(told, 60)
    assert sum(came.path.startswith("/slow") for came in receiver.came) < 200 * slow
    await eventually(full, 60)  # the others' hundred may be out before the slow ones have come to it
    assert most == [at_most]
    over.set()


async def test_of_two_processes_one_tells_and_the_other_takes_over(
    post: Post, receiver: Receiver, start: Start
) -> None:
    await post.add(receiver.url)
    one = start()
    await post.say(result("r-1"))
    await eventually(lambda: came_more(receiver, 0), 30)
    start()
    await post.say(*(result(f"r-{n}") for n in range(2, 30)))
    await eventually(lambda: came_more(receiver, 28), 30)
    told = len(receiver.came)
    assert told == 29
    one.kill()
    await post.say(result("r-30"))

    async def last_came() -> bool:
        return "r-30" in receiver.refs()

    await eventually(last_came, 30)  # r-29 may have come again: its answer was not written down
    assert receiver.refs() == [f"r-{n}" for n in range(1, 31)]
