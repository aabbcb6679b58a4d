"""The schedule of tries, and the signatures that the public library of Standard Webhooks checks."""

import json
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine.webhooks import signing
from engine.webhooks.schedule import JITTER, PAUSES_S, WHOLE_S, pause_s

TRIES = {  # after so many tries: the pause, and by hand the seconds since the first try, h * 3600 + min * 60 + s
    1: (5, 5),
    2: (300, 305),
    3: (1_800, 2_105),
    4: (7_200, 9_305),
    5: (18_000, 27_305),
    6: (36_000, 63_305),
    7: (50_400, 113_705),
    8: (72_000, 185_705),
    9: (86_400, 272_105),  # 75 h 35 min 5 s
}


def test_tries_are_made_over_75_hours_and_no_longer() -> None:
    """Each pause is the schedule's and up to a tenth more; after the tenth try there is none."""
    since = 0.0
    for tries, (pause, whole) in TRIES.items():
        drawn = pause_s("msg-1", tries) or 0.0
        assert pause <= drawn < pause * 1.1
        since += pause
        assert since == whole
    assert pause_s("msg-1", 10) is None
    assert (WHOLE_S, len(PAUSES_S), JITTER) == (75 * 3600 + 35 * 60 + 5, 9, 0.1)


def test_what_a_pause_is_longer_by_is_derived_and_differs_between_messages() -> None:
    """The same after a restart; a thousand messages that fail together come back spread over the tenth."""
    drawn = [pause_s(f"msg-{n}", 6) or 0.0 for n in range(1000)]
    assert drawn == [pause_s(f"msg-{n}", 6) for n in range(1000)]
    tenths = [sum(36_000 + 360 * n <= one < 36_360 + 360 * n for one in drawn) for n in range(10)]
    assert all(60 <= count <= 140 for count in tenths)  # 100 each by chance, sigma 9.5


def test_the_public_library_verifies_what_is_signed() -> None:
    body = json.dumps({"type": "redemption.decided.v1", "data": {"merchant_ref": "到店-1"}}).encode()
    one = signing.secret("k" * 32, "wh_1", 1)
    headers = signing.headers("msg-1", int(time.time()), body, [one])
    assert Webhook(signing.shown(one)).verify(body, headers)["type"] == "redemption.decided.v1"
    for wrong in (body + b" ", body.replace(b"1", b"2", 1)):
        with pytest.raises(WebhookVerificationError):
            Webhook(signing.shown(one)).verify(wrong, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.shown(one)).verify(body, headers | {"webhook-id": "msg-2"})


def test_while_secrets_change_the_old_and_the_new_one_verify_and_no_other() -> None:
    secrets = [signing.secret("k" * 32, "wh_1", number) for number in (3, 2, 1)]
    headers = signing.headers("msg-1", int(time.time()), b"{}", secrets[:2])
    for good in secrets[:2]:
        Webhook(signing.shown(good)).verify(b"{}", headers)
    for bad in (secrets[2], signing.secret("k" * 32, "wh_2", 2), signing.secret("l" * 32, "wh_1", 2)):
        with pytest.raises(WebhookVerificationError):
            Webhook(signing.shown(bad)).verify(b"{}", headers)
