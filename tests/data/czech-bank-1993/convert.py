"""The research data set's tables to the events that the bank would have published in 1993.

    python convert.py RAW_FOLDER EVENTS.jsonl.zst

RAW_FOLDER holds account.csv, client.csv, disposition.csv, district.csv, loan.csv and trans.csv.gz. README.md beside
this file says what each becomes. The same tables give the same bytes.
"""

import csv
import gzip
import io
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import zstandard

ZONE: Final = ZoneInfo("Europe/Prague")
SOURCE: Final = "/banks/czech-bank-1993/core"
STEP_ERROR_MAX: Final = 10
"""Hellers. The source rounds amounts to 0.10, so a balance may differ by that from the one before plus the movement."""
INSTALMENT_DAY: Final = 12
WOMEN_MONTH: Final = 50
"""Is added to the month in the birth numbers of women."""

Row = dict[str, str]
Timed = tuple[datetime, dict[str, Any]]


class Movement(NamedTuple):
    """One row of trans.csv, in hellers; `change` is signed."""

    number: int
    day: date
    change: int
    balance: int
    row: Row

    @property
    def before(self) -> int:
        return self.balance - self.change


class Account(NamedTuple):
    """An account with its owner, its loan if it has one, and its movements in the order of the year."""

    number: int
    opened: date
    owner: Row
    branch: Row
    home: Row
    loan: Row | None
    movements: list[Movement]

    @property
    def id(self) -> str:
        return f"a-{self.number:06}"

    @property
    def member(self) -> str:
        return f"c-{int(self.owner['client_id']):06}"

    def at(self, day: date, hour: int, minutes: int = 0) -> datetime:
        """The account's own minute and second within an hour of local time, so that not all events fall together."""
        own = timedelta(seconds=self.number * 37 % 3600, minutes=minutes)
        return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE) + own


def accounts(raw: Path) -> Iterator[Account]:
    """The accounts with movements in 1993, by number."""
    clients = _by(_table(raw / "client.csv"), "client_id")
    districts = _by(_table(raw / "district.csv"), "A1")
    loans = _by(_table(raw / "loan.csv"), "account_id")
    owners = _by((r for r in _table(raw / "disposition.csv") if r["type"] == "OWNER"), "account_id")
    movements = _movements(raw / "trans.csv.gz")
    for row in sorted(_table(raw / "account.csv"), key=lambda r: int(r["account_id"])):
        number = row["account_id"]
        if number in movements:
            owner = clients[owners[number]["client_id"]]
            branch, home = districts[row["district_id"]], districts[owner["district_id"]]
            in_order = list(_chained(movements[number]))
            yield Account(int(number), _day(row["date"]), owner, branch, home, loans.get(number), in_order)


def _table(path: Path) -> Iterator[Row]:
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    return csv.DictReader(io.StringIO(text.decode()), delimiter=";")


def _by(rows: Iterable[Row], column: str) -> dict[str, Row]:
    return {row[column]: row for row in rows}


def _day(yymmdd: str) -> date:
    return date(1900 + int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:]))


def _hellers(crowns: str) -> int:
    """Bounds: two decimals."""
    whole, point, part = crowns.partition(".")
    if point and len(part) != len("00"):
        raise ValueError(f"{crowns} does not have two decimals")
    return int(whole + (part or "00"))


def _movements(path: Path) -> dict[str, list[Movement]]:
    found: dict[str, list[Movement]] = defaultdict(list)
    for row in _table(path):
        amount = _hellers(row["amount"])
        change = amount if row["type"] == "PRIJEM" else -amount
        number, day, balance = int(row["trans_id"]), _day(row["date"]), _hellers(row["balance"])
        found[row["account_id"]].append(Movement(number, day, change, balance, row))
    return found


def _chained(movements: list[Movement]) -> Iterator[Movement]:
    """The movements of an account, each day's in an order in which their balances follow from each other."""
    balance = 0
    days: dict[date, list[Movement]] = defaultdict(list)
    for movement in sorted(movements, key=lambda m: (m.day, m.number)):
        days[movement.day].append(movement)
    for day, of_the_day in days.items():
        chain = _chain(of_the_day, balance)
        if chain is None:
            raise ValueError(f"account {of_the_day[0].row['account_id']}: the balances of {day} do not chain")
        yield from chain
        balance = chain[-1].balance


def _chain(left: list[Movement], balance: int) -> list[Movement] | None:
    """The first order, by movement number, that leads on from `balance` through all that is left."""
    if not left:
        return []
    for movement in left:
        if abs(movement.before - balance) <= STEP_ERROR_MAX:
            rest = _chain([m for m in left if m is not movement], movement.balance)
            if rest is not None:
                return [movement, *rest]
    return None


def _event(kind: str, id_: str, account: Account, at: datetime, data: dict[str, Any]) -> Timed:
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCE,
        "type": kind,
        "subject": account.member,
        "time": at.isoformat(),
        "businessdate": at.date().isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
    return at, event


def events_of(account: Account) -> Iterator[Timed]:
    yield _enrolled(account)
    if account.loan:
        yield _disbursed(account, account.loan)
    first_premium: dict[str, date] = {}
    instalments, place = count(), 0
    for sequence, movement in enumerate(account.movements, 1):
        follows = sequence > 1 and account.movements[sequence - 2].day == movement.day
        place = place + 1 if follows else 0
        at = account.at(movement.day, 9, minutes=20 * place)
        yield _balance_changed(account, movement, at, sequence)
        later = at + timedelta(seconds=1)
        match movement.row["k_symbol"]:
            case "DUCHOD":
                yield _pension(account, movement, later)
            case "SIPO":
                yield _bill(account, movement, later)
            case "POJISTNE":
                yield _premium(account, movement, later, first_premium)
            case "UVER":
                yield _repaid(account, movement, later, next(instalments))


def _enrolled(account: Account) -> Timed:
    number = account.owner["birth_number"]
    month = int(number[2:4])
    profile = {
        "joined_on": account.opened.isoformat(),
        "birth_month": month - WOMEN_MONTH if month > WOMEN_MONTH else month,
        "birth_day": int(number[4:]),
        "branch": f"d-{int(account.branch['A1']):02}",
        "region": account.home["A3"].lower().replace(" ", "-"),
    }
    at = account.at(account.opened, 7)
    return _event("member.enrolled.v1", f"o-{account.number}", account, at, profile)


def _balance_changed(account: Account, movement: Movement, at: datetime, sequence: int) -> Timed:
    row = movement.row
    data = {
        "account": account.id,
        "product": "demand",
        "balance_minor": movement.balance,
        "currency": "CZK",
        "change_minor": movement.change,
        "new_money": row["operation"] in {"VKLAD", "PREVOD Z UCTU"},
    }
    at, event = _event("deposit.balance-changed.v1", f"t-{movement.number}", account, at, data)
    return at, {**event, "sequence": sequence}


def _pension(account: Account, movement: Movement, at: datetime) -> Timed:
    data = {"account": account.id, **_paid(movement), "kind": "pension"}
    return _event("payroll.credited.v1", f"t-{movement.number}.pension", account, at, data)


def _bill(account: Account, movement: Movement, at: datetime) -> Timed:
    data = {"account": account.id, **_paid(movement), "biller": "sipo", "kind": "household"}
    return _event("bill.paid.v1", f"t-{movement.number}.bill", account, at, data)


def _premium(account: Account, movement: Movement, at: datetime, first_premium: dict[str, date]) -> Timed:
    """The insurer's account is the policy; every policy of the year is paid once a month, always the same amount."""
    policy = f"p-{account.number}-{movement.row['bank'].lower()}{movement.row['account']}"
    first = first_premium.setdefault(policy, movement.day)
    data = {
        "policy": policy,
        "product": "insurance",
        **_paid(movement),
        "annualised_premium_minor": 12 * abs(movement.change),
        "payment_term_years": 1,
        "policy_month": movement.day.month - first.month + 1,
    }
    return _event("insurance.premium-paid.v1", f"t-{movement.number}.premium", account, at, data)


def _paid(movement: Movement) -> dict[str, Any]:
    return {"amount_minor": abs(movement.change), "currency": "CZK"}


def _loan(loan: Row) -> dict[str, Any]:
    return {"loan": f"l-{int(loan['loan_id']):06}", "product": "loan"}


def _disbursed(account: Account, loan: Row) -> Timed:
    data = {
        **_loan(loan),
        "amount_minor": _hellers(loan["amount"]),
        "currency": "CZK",
        "tenor_months": int(loan["duration"]),
    }
    at = account.at(_day(loan["date"]), 8)
    return _event("loan.disbursed.v1", f"l-{loan['loan_id']}.disbursed", account, at, data)


def _repaid(account: Account, movement: Movement, at: datetime, instalment: int) -> Timed:
    """The source's instalments are the loan divided by its months, without interest."""
    loan = account.loan
    if loan is None:
        raise ValueError(f"account {account.number} repays a loan that is not in loan.csv")
    data = {
        **_loan(loan),
        **_paid(movement),
        "principal_minor": abs(movement.change),
        "interest_minor": 0,
        "on_time": movement.day <= _due(_day(loan["date"]), instalment),
    }
    return _event("loan.repaid.v1", f"t-{movement.number}.repayment", account, at, data)


def _due(disbursed: date, instalment: int) -> date:
    """Instalments, counted from 0, are due on the 12th of each month after the loan was paid out."""
    months = disbursed.month - 1 + instalment + (disbursed.day >= INSTALMENT_DAY)
    return date(disbursed.year + months // 12, months % 12 + 1, INSTALMENT_DAY)


def events(raw: Path) -> list[dict[str, Any]]:
    """Every event of the bank by time; what happens in the same second stands by account, then in its own order."""
    found = [timed for account in accounts(raw) for timed in events_of(account)]
    return [event for _, event in sorted(found, key=lambda timed: timed[0])]


def main(raw: str, target: str) -> None:
    lines = [json.dumps(event, separators=(",", ":")) + "\n" for event in events(Path(raw))]
    Path(target).write_bytes(zstandard.compress("".join(lines).encode(), level=12))
    print(f"{len(lines):,} events")


if __name__ == "__main__":
    main(*sys.argv[1:])
