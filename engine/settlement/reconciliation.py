"""A merchant's log is compared with one of its files, as the ledger has both."""

import asyncio
from collections.abc import Mapping
from typing import Any

from engine.settlement.files import File
from engine.settlement.merchant_log import Entry
from engine.settlement.reconcile import Ours, Report, Side, reconciled
from engine.store.sql import statement


async def compared(session: Any, file: File, log: list[Entry]) -> Report:
    """The log, the ledger up to the file's cut-off, and what the files settled; compared in a thread."""
    h = file.header
    refs = sorted({entry.merchant_ref for entry in log})
    places = h.bank, h.merchant, h.number, h.after_seq, h.through_seq
    rows = await session.fetch(statement("reconcile_sides"), *places, refs)
    return await asyncio.to_thread(lambda: reconciled(log, map(_ours, rows), h.number))


def _ours(row: Mapping[str, Any]) -> Ours:
    cut = None if row["cut_state"] is None else Side(row["cut_state"], row["cut_units"], row["cut_points"])
    state = "captured" if row["units"] or row["points"] else "reversed"
    return Ours(
        redemption_id=row["redemption_id"],
        merchant_ref=row["merchant_ref"],
        ledger=cut,
        now=Side(row["now_state"], row["now_units"], row["now_points"]),
        settled=Side(state, row["units"], row["points"], row["amount_minor"]),
        number=row["number"],
    )


def told(report: Report) -> dict[str, Any]:
    """The report as plain values: totals, counts by kind, and every difference."""
    kinds: dict[str, dict[str, int]] = {}
    for one in report.differences:
        sums = kinds.setdefault(one.kind, {"count": 0, "difference_minor": 0})
        sums["count"] += 1
        sums["difference_minor"] += one.minor
    shown = [
        {
            "kind": one.kind,
            "merchant_ref": one.merchant_ref,
            "line": one.line,
            "file": one.file,
            "theirs": one.theirs and one.theirs._asdict(),
            "ours": one.ours and one.ours._asdict(),
            "difference_minor": one.minor,
        }
        for one in report.differences
    ]
    return {**report._asdict(), "kinds": kinds, "differences": shown}
