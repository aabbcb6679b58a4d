"""Benefits: granted, carried over and revoked. The figures are worked by hand."""

from tests.rules.till import Till, granted, till, use


def left(t: Till) -> dict[str, int | None]:
    """Units left by the first day not valid."""
    return {g.valid_until.isoformat(): g.left for g in t.member.grants.values()}


def moved_to(t: Till, tier: str, at: str) -> None:
    """An operator gives the tier by hand."""
    hands = {"requested_by": "op-1", "approved_by": "op-2"}
    assert t.ask("tier.assigned", at, tier=tier, until="2029-01-01", reason="any", **hands) is None


class TestAllowances:
    def test_a_period_gives_its_units_and_the_next_one_again(self) -> None:
        t = till("wash: {network: car, units: {basic: 1, gold: 4}, per: calendar-quarter}", "2026-02-10T12:00")
        t.close("2026-06-30")
        assert granted(t) == [
            ("wash", 1, "2026-02-10", "2026-04-01"),
            ("wash", 1, "2026-04-01", "2026-07-01"),
            ("wash", 1, "2026-07-01", "2026-10-01"),
        ]
        assert left(t) == {"2026-10-01": 1}

    def test_up_gives_the_difference_and_up_again_nothing(self) -> None:
        """Two as gold, four more as vip; down and up again: six in all, for ever this year."""
        t = till("wash: {network: car, units: {gold: 2, vip: 6}, per: calendar-year}")
        for tier, at in (("gold", "02"), ("vip", "03"), ("gold", "04"), ("vip", "05"), ("basic", "06"), ("vip", "07")):
            moved_to(t, tier, f"2026-{at}-10T12:00")
        assert granted(t) == [("wash", 2, "2026-02-10", "2027-01-01"), ("wash", 4, "2026-03-10", "2027-01-01")]

    def test_in_mid_period_by_the_months_that_are_left(self) -> None:
        """October, November and December are 3 of 12 months: 6 * 3 / 12 = 1.5, rounded up to 2."""
        for word in ("mid_period", "mid_year"):
            t = till(f"wash: {{network: car, units: 6, per: calendar-year, {word}: pro-rata}}", "2026-10-31T12:00")
            assert granted(t) == [("wash", 2, "2026-10-31", "2027-01-01")]

    def test_a_membership_year_begins_on_the_day_of_enrolment(self) -> None:
        """Enrolled on 29 February: the next year begins on 28 February 2029, and on the 29th again in 2032."""
        t = till("wash: {network: car, units: 3, per: membership-year}", "2028-02-29T12:00")
        t.close("2031-12-31")
        assert [since for _, _, since, _ in granted(t)] == ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28"]
        assert left(t) == {"2032-02-29": 3}

    def test_a_tier_year_begins_when_the_tier_first_gives_and_a_step_up_adds_the_difference(self) -> None:
        t = till("wash: {network: car, units: {gold: 2, vip: 6}, per: tier-year}")
        moved_to(t, "gold", "2026-02-10T12:00")
        moved_to(t, "vip", "2026-09-01T12:00")
        t.close("2027-02-09")
        assert granted(t) == [
            ("wash", 2, "2026-02-10", "2027-02-10"),
            ("wash", 4, "2026-09-01", "2027-02-10"),
            ("wash", 6, "2027-02-10", "2028-02-10"),
        ]

    def test_what_is_left_is_good_for_three_months_more_and_only_once(self) -> None:
        """Four, one used: three left, two carried, one of them used; in April the new year's are. Of 3 two carry."""
        t = till("wash: {network: car, units: 4, per: calendar-year, carry_over: {at_most: 2, months: 3}}")
        use(t, "2026-05-01T12:00", "r1")
        t.close("2026-12-31")
        assert left(t) == {"2027-04-01": 2, "2028-01-01": 4}
        use(t, "2027-03-01T12:00", "r2")
        assert left(t) == {"2027-04-01": 1, "2028-01-01": 4}
        use(t, "2027-04-01T00:00", "r3")
        assert left(t) == {"2027-04-01": 1, "2028-01-01": 3}
        t.close("2027-12-31")
        assert left(t) == {"2028-04-01": 2, "2029-01-01": 4}

    def test_what_is_left_of_a_tier_that_was_lost_is_carried_when_it_ends_and_never_later(self) -> None:
        """Four as gold, basic since March: two carry on 1 January, and nothing ever again."""
        t = till("wash: {network: car, units: {gold: 4}, per: calendar-year, carry_over: {at_most: 2, months: 3}}")
        moved_to(t, "gold", "2026-02-01T12:00")
        moved_to(t, "basic", "2026-03-01T12:00")
        t.close("2027-02-10")
        assert granted(t) == [("wash", 4, "2026-02-01", "2027-01-01"), ("wash", 2, "2027-01-01", "2027-04-01")]
        t.ask("member.updated", "2027-06-01T12:00")
        t.close("2027-12-31")
        assert len(granted(t)) == 2
        assert left(t) == {}

    def test_a_step_down_takes_back_what_is_unused_where_the_program_says_so(self) -> None:
        """Six as vip, one used; gold has 2, so 1 stays and 4 go; vip again gives those 4 back, never more."""
        t = till("wash: {network: car, units: {gold: 2, vip: 6}, per: calendar-year, on_downgrade: revoke-unused}")
        moved_to(t, "vip", "2026-02-01T12:00")
        use(t, "2026-02-02T12:00", "r1")
        moved_to(t, "gold", "2026-03-01T12:00")
        assert [(r.units, r.reason) for d in t.decided for r in d.revocations] == [(4, "downgraded")]
        assert sum(g.left or 0 for g in t.member.grants.values()) == 1
        moved_to(t, "vip", "2026-04-01T12:00")
        assert [units for _, units, _, _ in granted(t)] == [6, 4]
        assert sum(g.left or 0 for g in t.member.grants.values()) == 5

    def test_a_step_down_from_no_limit_leaves_the_lower_tiers_own(self) -> None:
        """Three used without limit; gold has 2: nothing is left of them. Basic has none either way."""
        t = till(
            "wash: {network: car, units: {gold: 5, vip: unlimited}, per: calendar-year, on_downgrade: revoke-unused}"
        )
        moved_to(t, "vip", "2026-02-01T12:00")
        for n in range(3):
            assert use(t, "2026-02-02T12:00", f"r{n}") is None
        moved_to(t, "gold", "2026-03-01T12:00")
        assert [(r.units, r.reason) for d in t.decided for r in d.revocations] == [(None, "downgraded")]
        assert [units for _, units, _, _ in granted(t)] == [None, 2]

    def test_by_default_what_was_given_stays(self) -> None:
        t = till("wash: {network: car, units: {gold: 2, vip: 6}, per: calendar-year}")
        moved_to(t, "vip", "2026-02-01T12:00")
        moved_to(t, "gold", "2026-03-01T12:00")
        assert left(t) == {"2027-01-01": 6}


class TestOccasions:
    def test_a_birthday_on_29_february_is_kept_on_the_28th_in_common_years(self) -> None:
        t = till("gift: {network: car, on: birthday, units: 1, valid_days: 30}", birth_month=2, birth_day=29)
        t.close("2028-03-31")
        assert granted(t) == [
            ("gift", 1, "2026-02-28", "2026-03-30"),
            ("gift", 1, "2027-02-28", "2027-03-30"),
            ("gift", 1, "2028-02-29", "2028-03-30"),
        ]
        assert use(t, "2028-03-30T00:00", "r1", "gift") == "benefit-not-valid-today"
        assert use(t, "2028-03-29T23:59", "r2", "gift") is None

    def test_a_birthday_told_later_is_kept_from_then_on(self) -> None:
        t = till("gift: {network: car, on: birthday, units: 1, valid_days: 30}")
        t.ask("member.updated", "2026-05-01T12:00", birth_month=5, birth_day=20)
        t.close("2026-05-31")
        assert granted(t) == [("gift", 1, "2026-05-20", "2026-06-19")]
        assert use(t, "2026-06-18T23:59", "r1", "gift") is None

    def test_a_milestone_counts_once_in_its_window(self) -> None:
        """950 is none, 2,050 is two of 1,000, 2,950 none more; the new year counts from nothing."""
        t = till(
            "wash: {network: car, on: {milestone: {metric: spend-year, every: 1000.00}}, units: 1, valid_days: 60}"
        )
        for at, yuan in (("01-05", 950), ("02-05", 1_100), ("03-05", 900)):
            t.earn(f"2026-{at}T12:00", yuan)
        assert granted(t) == [("wash", 2, "2026-02-05", "2026-04-06")]
        t.earn("2027-01-05T12:00", 1_000)
        assert granted(t)[1:] == [("wash", 1, "2027-01-05", "2027-03-06")]

    def test_milestones_may_be_told_one_by_one(self) -> None:
        t = till(
            "wash: {network: car, on: {milestone: {metric: spend-year, at: [100.00, 500.00]}}, units: 2, valid_days: 9}"
        )
        for day, yuan in enumerate((99, 1, 399, 1, 5_000), 1):
            t.earn(f"2026-01-0{day}T12:00", yuan)
        assert [(units, since) for _, units, since, _ in granted(t)] == [(2, "2026-01-02"), (2, "2026-01-04")]


def test_a_tier_of_a_quarters_last_evening_has_that_quarters_units_for_the_day() -> None:
    """Gold since 31 March at 23:00: 3 units until the morning, then the next quarter's 3; a third of them pro rata."""
    for mid_period, units in (("", 3), (", mid_period: pro-rata", 1)):
        t = till("tea: {network: food, units: {gold: 3}, per: calendar-quarter" + mid_period + "}")
        t.earn("2026-03-31T23:00", 1000)
        t.close("2026-03-31")
        assert granted(t) == [("tea", units, "2026-03-31", "2026-04-01"), ("tea", 3, "2026-04-01", "2026-07-01")]
