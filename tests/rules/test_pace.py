"""How many redemptions a member may begin in an hour and on a day. Times of the till are of the program's zone."""

import pytest

from rules.spending.pace import BY_DAY, BY_HOUR, HOURS_KEPT
from tests.rules.test_redemption import PROGRAM
from tests.rules.till import Till

STEP = {"merchant": "shop-1"}


def paced(redemptions: str, zone: str = "Asia/Shanghai") -> Till:
    """A member with 1000 points."""
    till = Till(f"{PROGRAM}spending: {{redemptions: {redemptions}}}\n".replace("Asia/Shanghai", zone))
    till.earn("2026-01-02T12:00", 1000)
    return till


def redeem(till: Till, at: str, ref: str, points: int = 1, kind: str = "requested") -> str | None:
    return till.ask(f"redemption.{kind}", at, **STEP, merchant_ref=ref, network="food", points=points)


def test_an_hour_begins_with_the_clock_and_so_does_a_day() -> None:
    till = paced("{per_hour: 2, per_day: 3}")
    asked = [("10:00", "a"), ("10:59", "b"), ("10:59", "c"), ("11:00", "d"), ("11:01", "e"), ("23:59", "f")]
    assert [redeem(till, f"2026-01-10T{at}", ref) for at, ref in asked] == [
        None, None, "too-many-this-hour", None, "too-many-today", "too-many-today",
    ]  # fmt: skip
    assert redeem(till, "2026-01-11T00:00", "g") is None


def test_what_was_refused_does_not_count_and_what_was_let_go_does() -> None:
    till = paced("{per_hour: 2}")
    assert redeem(till, "2026-01-10T10:00", "a", points=9999) == "not-enough-points"
    assert redeem(till, "2026-01-10T10:01", "b", kind="hold-requested") is None
    assert till.ask("redemption.void-requested", "2026-01-10T10:02", **STEP, merchant_ref="b") is None
    assert redeem(till, "2026-01-10T10:03", "c") is None
    assert redeem(till, "2026-01-10T10:04", "d") == "too-many-this-hour"


def test_the_same_asked_again_is_the_same_one_and_its_steps_are_free() -> None:
    till = paced("{per_hour: 1}")
    for _ in range(3):
        assert redeem(till, "2026-01-10T10:00", "a", kind="hold-requested") is None
    assert till.ask("redemption.capture-requested", "2026-01-10T10:05", **STEP, merchant_ref="a") is None
    assert till.ask("redemption.reversal-requested", "2026-01-10T10:06", **STEP, merchant_ref="a") is None
    assert redeem(till, "2026-01-10T10:07", "b") == "too-many-this-hour"


def test_an_hour_that_the_clock_shows_twice_is_two() -> None:
    """In Berlin 25 October 2026 has 02:30 twice: at 00:30 and at 01:30 of UTC; the day has 25 hours and is one."""
    till = paced("{per_hour: 1, per_day: 3}", "Europe/Berlin")
    till.earn("2026-10-20T12:00", 1000)
    offsets = ["02:30:00+02:00", "02:59:00+02:00", "02:30:00+01:00", "03:00:00+01:00", "23:59:00+01:00"]
    assert [redeem(till, f"2026-10-25T{at}", f"r{n}") for n, at in enumerate(offsets)] == [
        None, "too-many-this-hour", None, None, "too-many-today",
    ]  # fmt: skip


def test_what_is_told_late_counts_in_its_own_hour_while_that_is_remembered() -> None:
    """Of 48 hours with a redemption the oldest is still known; what came before them has no room."""
    till = paced("{per_hour: 1}")
    for n in range(HOURS_KEPT):
        assert redeem(till, f"2026-01-{10 + n // 24}T{n % 24:02}:00", f"r{n}") is None
    assert redeem(till, "2026-01-10T00:30", "again") == "too-many-this-hour"
    assert redeem(till, "2026-01-09T23:00", "before") == "too-many-this-hour"
    assert redeem(till, "2026-01-12T00:00", "next") is None


@pytest.mark.parametrize("redemptions", ["{}", "{per_day: 5}", "{per_hour: 5}"])
def test_only_what_has_a_limit_is_counted(redemptions: str) -> None:
    """A member of a program without limits is stored as before there were any."""
    till = paced(redemptions)
    assert redeem(till, "2026-01-10T10:00", "a") is None
    counted = {name for name in till.member.counters if name.startswith("redeemed:")}
    assert counted == {name for name, word in ((BY_HOUR, "hour"), (BY_DAY, "day")) if word in redemptions}
