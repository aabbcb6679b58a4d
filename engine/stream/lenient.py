"""Records of which a header's name is not UTF-8, which brokers take: read with U+FFFD where a name cannot be told.

aiokafka refuses to read them, and with them whatever lies behind: a worker would begin there again and again, with all
of its partitions. What a fetch brought is read by aiokafka's quick reader as ever; where that refuses a batch, the rest
is read by its slow one, from the record on that it refused. `schemas.decode` then says what is wrong with the record.
"""

from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy
from aiokafka.record.util import decode_varint_py

WITH_HEADERS = 2
"""The format of batches, its `magic`, from which on records have headers."""


def install() -> None:
    """From now on this process's consumers read what they fetch so."""
    fetcher.MemoryRecords = Fetched
    fetcher.PartitionRecords = Records


class Fetched(MemoryRecords):
    """What a fetch brought of one partition; it keeps the bytes and counts the batches taken."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(raw)
        self.raw = raw
        self.taken = 0

    def next_batch(self) -> Any:
        """The next batch."""
        self.taken += 1
        return super().next_batch()


class Records(fetcher.PartitionRecords):
    """The records of one partition, in order."""

    _records: Any
    _records_iterator: Any

    def __next__(self) -> Any:
        try:
            return next(self._records_iterator)
        except UnicodeDecodeError:
            # It passes over what lies below the offset that it stands at.
            self._records = Rest(self._records)
            self._records_iterator = self._unpack_records()
            return next(self._records_iterator)


class Rest:
    """What a fetch brought, from the batch on that was taken last."""

    def __init__(self, fetched: Fetched) -> None:
        self._left = _MemoryRecordsPy(fetched.raw)
        for _ in range(fetched.taken - 1):
            self._left.next_batch()

    def has_next(self) -> bool:
        """Whether a batch is left."""
        return bool(self._left.has_next())

    def next_batch(self) -> Any:
        """The next batch."""
        raw = self._left._next_slice  # noqa: SLF001  # the batch itself does not tell its bytes
        batch: Any = self._left.next_batch()
        return LenientBatch(raw) if batch.magic >= WITH_HEADERS else batch


class LenientBatch(_DefaultRecordBatchPy):
    """A batch read by aiokafka's slow reader, which decodes nothing but headers' names."""

    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Octets(self._buffer)

    def _read_msg(self) -> Any:
        return super()._read_msg(decode_varint_py)  # the quick one takes nothing but a plain bytearray


class _Octets(bytearray):
    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Octets(found) if isinstance(at, slice) else found

    def decode(self, *_: str) -> str:
        return super().decode("utf-8", "replace")
