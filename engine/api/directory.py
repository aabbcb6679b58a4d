"""The directory: which member a code or a merchant's reference is about. Claimed before the member's ledger is asked.

A claim is resumed by whoever made it: a code that was used for a reference is good for that reference again, whatever
became of the request, until its time is over and some minutes after its use; for any other it is dead.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import asyncpg

from engine.api import codes
from engine.api.guesses import Guesses
from engine.api.keys import Caller
from engine.api.problems import Problem
from engine.store.gathering import Gathering
from engine.store.pace import Pace
from engine.store.references import reference
from engine.store.together import Together
from rules.spending.stops import Asked, Stops, stopped
from schemas.api.redemptions import Redemption
from schemas.events.merges import HOPS_MAX

RESUMED_S: Final = 300
"""Within so many seconds of its use a code is good for the same reference again, though its time be over."""
_NO_REFERENCE: Final = b""


class Found(NamedTuple):
    """Whose code; a voucher is good for units of one grant of a benefit, and for nothing else."""

    member_id: str
    benefit: str | None
    grant: str | None


class Shop(NamedTuple):
    """Where a merchant is, what is stopped there now, and how many redemptions it may begin."""

    merchant: str
    network: str
    region: str | None
    stops: Stops
    pace: Pace

    @property
    def told(self) -> dict[str, str]:
        """The place as the merchant's requests say it."""
        place = {"merchant": self.merchant, "network": self.network}
        return place if self.region is None else place | {"region": self.region}

    def refuse_stopped(self, benefit: str | None = None) -> None:
        """Problem where nothing may be redeemed here now, or this benefit may not.

        The core refuses it too, and for sure; what is refused before it is asked has used up no code.
        """
        denial = stopped(Asked(self.network, self.merchant, (benefit,)), self.stops)
        if denial is not None:
            raise Problem(*denial)


class Directory:
    """Codes and references of one process's callers. Those who come at once are looked up, and claim, together.

    Who comes is gathered where it is asked first, and stays together behind that.
    """

    def __init__(self, pool: "asyncpg.Pool[Any]", peppered: bytes, guesses: Guesses, gathering: Gathering) -> None:
        self._pepper = peppered
        self._guesses = guesses
        self._places = Together(pool, "merchant_places", gathering=gathering)
        self._codes = Together(pool, "find_codes", RESUMED_S, HOPS_MAX)
        self._claims = Together(pool, "claim_codes")
        self._references = Together(pool, "find_references", HOPS_MAX, gathering=gathering)

    async def shown(self, caller: Caller, code: str) -> Found:
        """Whose code it is; Problem where it is unknown, used or over."""
        row = await self._found(caller, code, _NO_REFERENCE)
        if row["used_for"] is not None:
            raise Problem("code-used", "the code was used for a redemption")
        if row["expired"]:
            raise Problem("code-expired", "the code is good no more")
        return _whose(row)

    async def claim(self, caller: Caller, asked: Redemption, begins: Callable[[], Awaitable[None]]) -> Found:
        """Uses the code for the caller's reference, once; the same again is the same. Problem where it may not be.

        `begins` is asked before a reference that is new is claimed. What it refuses has used up no code, nor has what
        the code is not good for.
        """
        of = reference(caller.bank, caller.holder, asked.merchant_ref)
        code = asked.code
        row = await self._found(caller, code, of)
        _refuse(row, of)
        if row["expired"] and not row["just_used"]:
            raise Problem("code-expired", "the code is good no more")
        if row["benefit_id"] not in (None, asked.benefit):
            raise Problem("code-for-another-benefit", f"the code is for {row['benefit_id']}")
        if row["used_for"] is None or row["reference_of"] is None:
            if row["reference_of"] is None:
                await begins()
            digest = codes.digest(self._pepper, codes.read(code) or "")
            new = await self._claims.row(digest, caller.bank, of, caller.holder, row["member_id"])
            if not (new["used"] and new["claimed"]):
                _refuse(await self._found(caller, code, of), of)
        return _whose(row)

    async def place(self, merchant: Caller) -> Shop:
        """Where the merchant is, and what is stopped there; Problem while it or its network is suspended."""
        row = await self._places.row(merchant.bank, merchant.holder)
        if not row["active"]:
            raise Problem("merchant-suspended", f"{merchant.holder} may not redeem now; what it holds it may end")
        pace = Pace(merchant.bank, merchant.holder, row["per_hour"], row["per_day"])
        return Shop(merchant.holder, row["network"], row["region"], frozenset(map(tuple, row["stops"])), pace)

    async def members_of(self, caller: Caller, merchant_ref: str) -> list[str]:
        """The member of whom the caller redeemed something under the reference, then who survived its merges."""
        of = reference(caller.bank, caller.holder, merchant_ref)
        found: list[str] | None = (await self._references.row(of))["members"]
        if found is None:
            raise Problem("unknown-redemption", f"{caller.holder} has nothing under this merchant_ref")
        return found

    async def _found(self, caller: Caller, code: str, of: bytes) -> Any:
        await self._guesses.refuse_if_many(caller.principal, caller.bank)
        symbols = codes.read(code)
        row = symbols and await self._codes.row(codes.digest(self._pepper, symbols), caller.bank, of)
        if not row or row["member_id"] is None:
            await self._guesses.count(caller.principal, caller.bank)
            raise Problem("unknown-code", "no code is written so, or it is not one of this bank")
        return row


def _whose(row: Any) -> Found:
    grant = row["grant_id"]
    return Found(row["member_id"], row["benefit_id"], None if grant is None else str(grant))


def _refuse(row: Any, of: bytes) -> None:
    if row["used_for"] not in (None, of):
        raise Problem("code-used", "the code was used for another redemption")
    if row["reference_of"] not in (None, row["member_id"]):
        raise Problem("reference-used", "the merchant_ref was used before, for another customer")
