"""Who was merged by mistake stands for itself again from that day: with a tier, an allowance and days to come."""

from tests.rules.family import Family
from tests.rules.test_unmerging import PROGRAM, undo

ANEW = """
tiers:
  ladder: [{id: basic}]
benefits:
  wash: {network: car, units: 4, per: calendar-year}
  cake: {network: food, on: birthday, units: 1, valid_days: 30}
"""


def grants(f: Family, who: str) -> list[tuple[str, int, str]]:
    """What is left of each, and the first day on which it is gone."""
    open_ = f.member(who).grants.values()
    return sorted((one.benefit_id, (one.units or 0) - one.used, one.valid_until.isoformat()) for one in open_)


def test_the_allowance_of_the_year_begins_with_the_day_and_ends_with_the_year() -> None:
    """m-a used 3 of its 4, and m-b goes on with 1; alone again it has 4 until the year ends, and 4 of the next."""
    f = Family(PROGRAM + ANEW)
    where = {"merchant": "shop-1", "merchant_ref": "w-1", "network": "car", "benefit": "wash", "units": 3}
    assert f.say("a", "redemption.requested", "2026-02-01", **where) == []
    f.merge("a", "2026-03-01", "b")
    undo(f, "a", "2026-03-02")
    assert (f.member("a").tier, f.member("b").tier) == ("basic", "basic")
    assert (grants(f, "a"), grants(f, "b")) == ([("wash", 4, "2027-01-01")], [("wash", 1, "2027-01-01")])
    f.close("2026-12-31")
    assert grants(f, "a") == grants(f, "b") == [("wash", 4, "2028-01-01")]


def test_its_birthday_comes_though_nothing_is_said_of_it_until_then() -> None:
    f = Family(PROGRAM + ANEW, "")
    f.say("a", "member.enrolled", "2026-01-01", birth_month=5, birth_day=10)
    f.say("b", "member.enrolled", "2026-01-01")
    f.merge("a", "2026-03-01", "b")
    undo(f, "a", "2026-03-02")
    f.close("2026-05-09")
    assert [name for name, _, _ in grants(f, "a")] == ["cake", "wash"]
    assert [name for name, _, _ in grants(f, "b")] == ["wash"]


def test_of_two_allowances_that_became_one_no_more_units_come_back_than_that_has() -> None:
    """m-b used 2 of 4 and m-a 3 of 4, which makes 4 of 4: 3 come back, then of 2 the one that is counted."""
    f = Family(PROGRAM + ANEW)
    where = {"merchant": "shop-1", "network": "car", "benefit": "wash"}
    for who, units in (("b", 2), ("a", 3)):
        told = {**where, "merchant_ref": f"w-{who}", "units": units}
        assert f.say(who, "redemption.requested", "2026-02-01", **told) == []
    f.merge("a", "2026-03-01", "b")
    for who, left in (("a", 3), ("b", 4)):
        assert f.gives_back(who, "2026-03-02", f"w-{who}") == []
        assert grants(f, "b") == [("wash", left, "2027-01-01")]
