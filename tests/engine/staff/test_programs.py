"""A program version on its way into force: uploaded, compared, tried on history, proposed, approved by another."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from engine.cli import app
from engine.settings import variable
from tests.chaos.traffic import purchase, sent
from tests.engine.api.conftest import BANK, OTHER_BANK
from tests.engine.staff.conftest import PROGRAM, Office

pytestmark = pytest.mark.asyncio(loop_scope="module")
A_TEST_S = 60
"""What a test takes at most."""


@pytest.fixture(autouse=True)
async def _within_a_day() -> None:
    """Close before midnight it is waited for, so that today stays the same day for the test and for the API."""
    now = datetime.now(UTC)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    if (midnight - now).total_seconds() < A_TEST_S:
        await asyncio.sleep((midnight - now).total_seconds() + 1)


def day(later: int) -> date:
    """So many days after today."""
    return datetime.now(UTC).date() + timedelta(days=later)


def version(begins: date, rate: str = "2 per full 1.00") -> str:
    """The bank's program from a day on, with another rate for what is spent."""
    text = PROGRAM.format(bank=BANK).replace("2020-01-01", begins.isoformat())
    assert text.count("1 per full 1.00") == 1
    return text.replace("1 per full 1.00", rate)


async def upload(office: Office, text: str, key: dict[str, str] | None = None) -> httpx.Response:
    client = await office.as_("operator", "li-wei")
    headers = {"Content-Type": "application/yaml"} | (key or office.street.key())
    return await client.post("/v1/programs", content=text.encode(), headers=headers)


async def tried(office: Office, text: str, folder: Path) -> None:
    """`points backtest` over the last thirty days, as a person types it."""
    (folder / "candidate.yaml").write_text(text)
    words = ["backtest", BANK, "--program", str(folder / "candidate.yaml"), "--since", day(-30).isoformat()]
    told = {variable(name): str(value) for name, value in office.street.settings().items()}
    done = await asyncio.to_thread(lambda: CliRunner().invoke(app, words, env=told))
    assert done.exit_code == 0, done.output


async def spent(office: Office, id_: str, on: date, yuan: int, member: str = "m-1") -> None:
    at = datetime.combine(on, time(12), UTC)
    await office.street.desk.handle(sent(purchase(id_, member, at, minor=yuan * 100)))


async def closed(office: Office) -> None:
    """The bank has closed its days for a month."""
    for one in (day(-31), day(-1)):
        await office.street.desk.close(one.isoformat())


async def versions(office: Office) -> list[date]:
    rows = await office.street.owner.fetch("select from_day from program_version where bank = $1 order by 1", BANK)
    return [row["from_day"] for row in rows]


async def got(office: Office, path: str) -> dict[str, Any]:
    told = await (await office.as_("auditor", "zhou-min")).get(path)
    assert told.status_code == 200, told.text
    found: dict[str, Any] = told.json()
    return found


async def proposed(office: Office, program_hash: str) -> httpx.Response:
    client = await office.as_("operator", "li-wei")
    change = {"kind": "program-activation", "program_hash": program_hash}
    body = {"change": change, "reason": "summer"}
    return await client.post("/v1/proposals", json=body, headers=office.street.key())


async def test_mistakes_are_named_by_line_and_column(office: Office) -> None:
    """A point type that there is not; an example that does not hold; a version that is none of the bank's."""
    wrong = version(day(3)).replace("to: [reward, growth]", "to: [rewrad, growth]")
    told = await upload(office, wrong)
    assert (told.status_code, told.json()["type"]) == (422, "/problems/program-refused")
    [error] = told.json()["errors"]
    lines = wrong.split("\n")
    assert "rewrad" in lines[error["line"] - 1]
    assert "did you mean 'reward'" in error["message"]
    example = "{name: one, given: [{card.purchased: {at: 2026-03-01, amount: 1.00}}], expect: {reward: 1}}"
    unmet = await upload(office, f"{version(day(3))}examples:\n  - {example}\n")
    assert [one["message"] for one in unmet.json()["errors"]] == ["one: expected reward 1, got 2"]
    for strange, said in (
        (version(day(3)).replace(f"{BANK}-bank", "other"), "differ in name"),
        (version(date(2020, 1, 1)), "two versions begin on the same day"),
    ):
        told = await upload(office, strange)
        assert told.status_code == 422
        assert said in told.json()["detail"]


async def test_a_version_is_uploaded_once_and_shown(office: Office) -> None:
    key, text = office.street.key(), version(day(300))
    first, again = await upload(office, text, key), await upload(office, text, key)
    assert (first.status_code, first.json()["state"], first.json()["from_day"]) == (201, "checked", str(day(300)))
    assert (again.status_code, again.content) == (201, first.content)
    assert (await upload(office, version(day(301)), key)).json()["type"] == "/problems/key-reused"
    assert (await upload(office, text)).status_code == 200
    at = f"/v1/programs/{first.json()['program_hash']}"
    assert (await got(office, at))["text"] == text
    assert await got(office, f"{at}/changes") == {
        "against": "2020-01-01",
        "items": [{"path": "version", "was": "2020-01-01", "becomes": str(day(300))},
                  {"path": "earn.spend.award.rate", "was": "1 per full 1.00", "becomes": "2 per full 1.00"}],
    }  # fmt: skip
    stranger = await office.as_("operator", "li-wei", OTHER_BANK)
    assert (await stranger.get(at)).status_code == 404
    [entry] = await office.trail(f"program/{first.json()['program_hash']}")
    assert entry[:3] == ("li-wei", "program-uploaded", None)


async def test_a_version_that_would_begin_too_early_is_never_activated(office: Office, tmp_path: Path) -> None:
    """Today it is too late; and what was decided of its first day while it was proposed stands."""
    await closed(office)
    made = []
    for text in (version(day(0)), version(day(1))):
        uploaded = (await upload(office, text)).json()["program_hash"]
        await tried(office, text, tmp_path)
        made.append(await proposed(office, uploaded))
    today, later = made
    assert (today.status_code, today.json()["type"]) == (422, "/problems/begins-too-early")
    assert later.status_code == 201
    proposal = later.json()["proposal_id"]
    await spent(office, "meanwhile", day(1), 10, "m-9")
    told = await office.decide(proposal, "approve", by="chen-jie")
    assert (told.status_code, told.json()["type"]) == (422, "/problems/begins-too-early")
    assert f"give it `version: {day(2)}` or later" in told.json()["detail"]
    assert (await office.shown(proposal))["state"] == "proposed"
    assert await versions(office) == [date(2020, 1, 1)]


async def test_it_comes_into_force_when_it_was_tried_and_another_approves(office: Office, tmp_path: Path) -> None:
    """m-1 spent 70 twenty days ago: 70 points now, 140 by the candidate. From its day on 10 yuan bring 20."""
    await spent(office, "before", day(-20), 70)
    await closed(office)
    text = version(day(2)) + "budgets: {summer: {points: 1000}}\n"
    uploaded = (await upload(office, text)).json()["program_hash"]
    at = f"/v1/programs/{uploaded}"
    untried = await proposed(office, uploaded)
    assert (untried.status_code, untried.json()["type"]) == (422, "/problems/not-shadow-ready")
    await tried(office, text, tmp_path)
    [report] = (await got(office, f"{at}/backtests"))["items"]
    assert report["closed_days"] == 30
    found = {(m["point_type"], m["now"], m["candidate"]) for m in report["most_gained"] if m["member_id"] == "m-1"}
    assert found == {("reward", 70, 140), ("growth", 70, 140)}
    assert (await got(office, at))["state"] == "shadow-ready"
    made = (await proposed(office, uploaded)).json()["proposal_id"]
    own = await office.decide(made, "approve", by="li-wei")
    assert (own.status_code, own.json()["type"]) == (403, "/problems/four-eyes")
    assert await versions(office) == [date(2020, 1, 1)]
    approved = await office.decide(made, "approve", by="chen-jie")
    assert (approved.status_code, approved.json()["state"]) == (200, "carried-out")
    assert await versions(office) == [date(2020, 1, 1), day(2)]
    assert (await got(office, at))["state"] == "activated"
    await spent(office, "eve", day(1), 10)
    await spent(office, "first", day(2), 10)
    rows = await office.street.owner.fetch(
        "select points from posting where point_type = 'reward' and member_id = 'm-1' order by member_version"
    )
    assert [row["points"] for row in rows] == [70, 10, 20]
    assert await office.street.verdict() is None
