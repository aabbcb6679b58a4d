"""What merchants are told of redemptions that were decided on a real ledger."""

import orjson
from standardwebhooks.webhooks import Webhook

from engine.webhooks import signing
from tests.chaos.house import eventually
from tests.engine.store.conftest import Desk, desk
from tests.engine.store.test_redemptions import STORY, banks
from tests.engine.webhooks.conftest import KEY, Post, Start
from tests.engine.webhooks.receiver import Receiver
from tests.engine.webhooks.test_dispatcher import came_more

__all__ = ["banks", "desk"]


async def test_a_merchant_is_told_what_the_topics_tell_and_nothing_about_the_person(
    desk: Desk, post: Post, receiver: Receiver, start: Start
) -> None:
    endpoint = await post.add(receiver.url, "car", "air")
    await desk.handle(*STORY[:9])
    await desk.handle(*STORY[9:])
    start()
    # Grants of two networks, and 12 steps of redemptions: 8 that were decided, 4 that were refused.
    told = await desk.rows("select count(*) as n from benefit_grant where network in ('car', 'air')")
    await eventually(lambda: came_more(receiver, told[0]["n"] + 11), 30)
    assert len(receiver.came) == told[0]["n"] + 12
    verify = Webhook(signing.shown(signing.secret(KEY, endpoint, 1))).verify
    said = [verify(came.body, came.headers) for came in receiver.came]
    assert all(b"m-1" not in came.body.replace(b"m-1a", b"") for came in receiver.came)
    steps = [(one["data"]["merchant_ref"], one["data"]["state"]) for one in said if "redemption.decided" in one["type"]]
    assert steps == [
        ("r1", "held"), ("r1", "held"), ("r1", "captured"), ("r1", "captured"), ("r2", "held"), ("r2", "voided"),
        ("r3", "captured"), ("r4", "refused"), ("r4", "refused"), ("r5", "refused"), ("r6", "refused"),
        ("r1", "reversed"),
    ]  # fmt: skip
    assert {orjson.loads(came.body)["id"] for came in receiver.came} == {came.id for came in receiver.came}
