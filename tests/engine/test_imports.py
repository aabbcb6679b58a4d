"""A file of opening balances: taken whole with its control totals, or refused with every line that is wrong."""

from datetime import UTC, date, datetime

import pytest

from engine.imports import Batch, ImportRefused, Totals, events

BATCH = Batch("/banks/corner/old-points", datetime(2026, 1, 1, tzinfo=UTC))
FILE = """member_id,point_type,points,earned_on,expires_on
m-1,reward,1200,2025-03-02,2027-04-01
m-1,reward,80,2025-05-02,
m-2,qualifying,20,2025-05-02,
"""


def refused(text: str, rows: int = 3, points: int = 1300) -> list[str]:
    with pytest.raises(ImportRefused) as error:
        events(text, BATCH, Totals(rows, points))
    first, *lines = str(error.value).splitlines()
    assert first == "nothing was imported:"
    return lines


def test_a_file_with_its_totals_is_one_event_a_line_with_the_dates_it_had() -> None:
    """1200 + 80 + 20 = 1300 points in 3 rows."""
    found = events(FILE, BATCH, Totals(3, 1300))
    assert [(e.subject, e.data.point_type, e.data.points, e.data.expires_on) for e in found] == [
        ("m-1", "reward", 1200, date(2027, 4, 1)),
        ("m-1", "reward", 80, None),
        ("m-2", "qualifying", 20, None),
    ]
    assert {e.occurred_at for e in found} == {BATCH.opened_at}


def test_the_same_file_again_has_the_same_ids_and_another_file_others() -> None:
    ids = [e.id for e in events(FILE, BATCH, Totals(3, 1300))]
    assert [e.id for e in events(FILE, BATCH, Totals(3, 1300))] == ids
    other = events(FILE.replace("1200", "1201"), BATCH, Totals(3, 1301))
    assert not set(ids) & {e.id for e in other}


def test_totals_that_differ_are_both_told() -> None:
    assert refused(FILE, 4, 1299) == [
        "control total of rows: 4 were told, the file has 3",
        "control total of points: 1,299 were told, the file has 1,300",
    ]


@pytest.mark.parametrize(
    ("given", "wrong", "told"),
    [
        ("member_id,", "member,", "line 1: expected the columns member_id,point_type,points,earned_on,expires_on"),
        ("1200", "-1200", "line 2: points: expected a whole number above zero, not '-1200'"),
        ("1200", "0", "line 2: points: Input should be greater than or equal to 1"),
        ("1200", "12.5", "line 2: points: expected a whole number above zero, not '12.5'"),
        ("2027-04-01", "2027-04-31", "line 2: expires_on: expected a day such as 2026-10-01, not '2027-04-31'"),
        ("2025-03-02", "", "line 2: earned_on: expected a day such as 2026-10-01, not ''"),
        ("m-2,qualifying,20", "m-2,qualifying", "line 4: expected 5 fields, found 4"),
    ],
)
def test_one_wrong_line_refuses_the_file_and_is_named(given: str, wrong: str, told: str) -> None:
    assert refused(FILE.replace(given, wrong, 1)) == [told]


def test_a_member_id_that_could_be_a_card_number_is_refused() -> None:
    (told,) = refused(FILE.replace("m-2", "4111111111111111"))
    assert told.startswith("line 4: member_id: ")


def test_only_the_first_mistakes_are_told_of_many() -> None:
    lines = refused(FILE + "m-3,reward,x,2025-01-01,\n" * 30)
    assert len(lines) == 21
    assert lines[-1] == "and 10 more"
