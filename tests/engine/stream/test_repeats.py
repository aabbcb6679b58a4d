"""What an outage does to the log."""

import logging

import pytest

from engine.stream.repeats import AGAIN_S, LOUD, Repeats, hush


def test_an_outage_is_told_once_in_a_while_and_news_at_once(caplog: pytest.LogCaptureFixture) -> None:
    now = [100.0]
    logger = logging.getLogger("tests.of.repeats")
    logger.addFilter(Repeats(lambda: now[0]))
    for node in range(20):
        logger.error("Failed fetch messages from %s", node)
    logger.error("Something else")
    now[0] += AGAIN_S
    logger.error("Failed fetch messages from %s", 99)
    told = [record.getMessage() for record in caplog.records]
    assert told == ["Failed fetch messages from 0", "Something else", "Failed fetch messages from 99"]


def test_hushing_twice_changes_nothing() -> None:
    hush()
    hush()
    assert all(len(logging.getLogger(name).filters) == 1 for name in LOUD)
