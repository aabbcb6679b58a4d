"""A merchant's file may be long; what settles it keeps little of it in memory."""

import hashlib
import tracemalloc

import pytest

from engine.settlement import settle
from tests.engine.settlement.conftest import agree, rich, settled, text
from tests.engine.store.conftest import Desk

WASHES = """
    insert into redemption select gen_random_uuid(), 'corner', 'm-' || n, 1, gen_random_uuid(), 'captured', 'shop-1',
        'w-' || n, 'car', gen_random_uuid(), null, 0, 0, 0, 0, 'wash', 1, null, null, '{{}}', '{{}}', '{{}}', '{{}}',
        '2026-01-15', null, '2026-01-15 12:00', '', 1
    from generate_series(1, {}) n"""


async def test_a_file_of_any_length_takes_little_memory(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five thousand washes of 30.00 some hundreds of bytes each stay until the end, not each line with its terms."""
    await agree(desk)
    await desk.handle(*rich())
    monkeypatch.setattr(settle, "STEPS_AT_ONCE", 100)
    await desk.owner.execute(WASHES.format(5_000))
    tracemalloc.start()
    file = (await settled(desk, "2026-01-15"))["shop-1"]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (file.totals.captures, file.totals.amount_minor) == (5_000, 5_000 * 3_000)
    assert most < 5_000 * 1_000
    assert hashlib.sha256((await text(desk, file)).rpartition("T,")[0].encode()).digest() == file.digest
