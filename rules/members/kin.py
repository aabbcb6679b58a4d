"""Who is or was the same person as a member: whose its lots are, and whom it asks for what it does not know itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from schemas.events.merges import ABSORBED_MAX

if TYPE_CHECKING:
    from rules.points.lots import Lot


class Kin(NamedTuple):
    """Bounds: of each the latest `ABSORBED_MAX`.

    `absorbed` are those who merged into the member, with the versions in which lots of theirs came and the ids of lots
    that were made here in place of such. `survivors` decided for it while it was merged, before it un-merged, and know
    what was said of it then.
    """

    absorbed: Mapping[str, Sequence[int | str]]
    survivors: tuple[str, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """Whom the member asks, each once. Bounds: as many as one event names."""
        others = (name for name in self.survivors if name not in self.absorbed)
        return (*sorted(self.absorbed), *others)[-ABSORBED_MAX:]

    def owner(self) -> "Callable[[Lot], str | None]":
        """Says of a lot who brought it; None of the member's own."""
        whose = {of: name for name, lots in self.absorbed.items() for of in lots}
        return lambda lot: whose.get(lot.lot_id.hex()) or whose.get(lot.member_version)

    def with_lot(self, owner: str | None, lot_id: bytes) -> "Kin":
        """Knows who brought the points of a lot that was made here."""
        return self if owner is None else self.with_absorbed(owner, (lot_id.hex(),))

    def with_absorbed(self, name: str, lots: Iterable[int | str] = ()) -> "Kin":
        """The ledger keeps no order of names: the latest are those whose lots came last."""
        others = sorted((_last(of), one) for one, of in self.absorbed.items() if one != name)
        kept = {one: self.absorbed[one] for _, one in others[1 - ABSORBED_MAX :]}
        return self._replace(absorbed={**kept, name: [*self.absorbed.get(name, ()), *lots]})

    def without(self, gone: Iterable[str]) -> "Kin":
        left = {*gone}
        return self._replace(absorbed={name: kept for name, kept in self.absorbed.items() if name not in left})

    def with_survivors(self, names: Iterable[str]) -> "Kin":
        known = dict.fromkeys((*self.survivors, *names))
        return self._replace(survivors=tuple(known)[-ABSORBED_MAX:])

    def plain(self) -> dict[str, Any]:
        """Its parts in a member's state; empty ones are left out."""
        parts = {"absorbed": self.absorbed, "survivors": [*self.survivors]}
        return {name: part for name, part in parts.items() if part}

    @staticmethod
    def restored(state: Mapping[str, Any]) -> "Kin":
        return Kin(state.get("absorbed", {}), tuple(state.get("survivors", ())))


def _last(lots: Iterable[int | str]) -> int:
    return max((of for of in lots if isinstance(of, int)), default=0)


NO_KIN: Final = Kin({}, ())
