"""The events of the real year are those of its tables, and a bank could have published them."""

import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest
import zstandard

from schemas.decode import decode
from schemas.events import AnyEvent, DepositBalanceChanged, MemberEnrolled
from tests.real_year.independent import ROUNDED_TO, closing_balances

FOLDER = Path(__file__).parents[1] / "data" / "czech-bank-1993"


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return zstandard.decompress((FOLDER / "events.jsonl.zst").read_bytes()).splitlines()


@pytest.fixture(scope="module")
def events(lines: list[bytes]) -> list[AnyEvent]:
    return [decode(line, []).event for line in lines]


@pytest.fixture(scope="module")
def movements(events: list[AnyEvent]) -> dict[str, list[DepositBalanceChanged]]:
    """By account, as they stand in the file."""
    found = defaultdict(list)
    for event in events:
        if isinstance(event, DepositBalanceChanged):
            found[event.data.account].append(event)
    return found


def test_converting_the_tables_again_gives_the_committed_events(lines: list[bytes], tmp_path: Path) -> None:
    target = tmp_path / "events.jsonl.zst"
    subprocess.run([sys.executable, FOLDER / "convert.py", FOLDER / "raw", target], check=True, capture_output=True)
    assert zstandard.decompress(target.read_bytes()).splitlines() == lines


def test_every_row_of_the_tables_is_there_once(events: list[AnyEvent]) -> None:
    assert len({(event.source, event.id) for event in events}) == len(events)
    assert Counter(event.type for event in events) == {
        "deposit.balance-changed.v1": 28_205,
        "bill.paid.v1": 1_901,
        "payroll.credited.v1": 1_149,
        "member.enrolled.v1": 1_139,
        "insurance.premium-paid.v1": 343,
        "loan.repaid.v1": 40,
        "loan.disbursed.v1": 20,
    }


def test_events_stand_in_the_order_of_time_and_begin_with_the_enrolment(events: list[AnyEvent]) -> None:
    assert [event.occurred_at for event in events] == sorted(event.occurred_at for event in events)
    first = {event.subject: event for event in reversed(events)}
    assert all(isinstance(event, MemberEnrolled) for event in first.values())
    assert all(event.business_date == event.occurred_at.date() for event in events)


def test_each_balance_follows_from_the_one_before(movements: dict[str, list[DepositBalanceChanged]]) -> None:
    for of_account in movements.values():
        balance = 0
        for sequence, event in enumerate(of_account, 1):
            change = event.data.change_minor
            assert change is not None
            assert abs(balance + change - event.data.balance_minor) <= ROUNDED_TO
            assert event.sequence == sequence
            balance = event.data.balance_minor


def test_days_with_several_movements_end_in_the_one_balance_they_can_end_in(
    movements: dict[str, list[DepositBalanceChanged]],
) -> None:
    days: Counter[tuple[str, date | None]] = Counter()
    closing: dict[tuple[str, date | None], int] = {}
    for account, of_account in movements.items():
        for event in of_account:
            days[account, event.business_date] += 1
            closing[account, event.business_date] = event.data.balance_minor
    assert sum(count > 1 for count in days.values()) == 4_328
    assert closing == closing_balances(FOLDER / "raw")
