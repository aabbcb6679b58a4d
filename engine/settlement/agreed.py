"""Contracts in the ledger: added, never changed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.settlement.contract_file import Contract
from engine.settlement.contracts import Contracts, plain, restored
from engine.store.sql import statement


class ContractRefused(Exception):
    """Nothing of a file was taken; the text names the line and the remedy."""


class Agreement(NamedTuple):
    """All that was ever agreed with a merchant, and in which currency it is paid."""

    contracts: Contracts
    currency: str


async def add(session: Any, contracts: Sequence[Contract], name: str) -> list[Contract]:
    """Adds what is not there yet; answers the rows that are new. Raises ContractRefused where one would change."""
    added: list[Contract] = []
    async with session.transaction():
        for one in contracts:
            told = one.bank, one.merchant, one.currency, *plain(one.term).values()
            new = await session.fetchval(statement("add_contract"), *told)
            if new is None and one.term not in (await agreement(session, one.bank, one.merchant)).contracts:
                raise ContractRefused(
                    f"{name}:{one.line}: {one.merchant} has another row for {one.term.item} from {one.term.from_day}; "
                    "a contract never changes: give the new row a later day"
                )
            if new is not None:
                added.append(one)
    return added


async def agreement(session: Any, bank: str, merchant: str) -> Agreement:
    """What is agreed with a merchant; the currency is empty where nothing is."""
    rows = await session.fetch(statement("contracts"), bank, merchant)
    return Agreement(Contracts(restored(row) for row in rows), rows[0]["currency"] if rows else "")
