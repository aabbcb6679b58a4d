"""What operators do about the days on which points expire, in pots: given again after a close, or valid longer."""

from dataclasses import dataclass, field

from tests.rules.machine import Model, Pot

WITHIN_DAYS, VALID_DAYS, LONGER_DAYS = 20, 10, 25


@dataclass
class ByHand(Model):
    """`gone` says how many points each day's close took, less what was given again."""

    gone: dict[int, int] = field(default_factory=dict)

    def close(self) -> None:
        """What a close takes of the pots, but for what of it paid a debt, has expired."""
        before = sum(p.left for p in self.pots) - self.owed
        super().close()
        self.gone[self.now[0]] = before - (sum(p.left for p in self.pots) - self.owed)

    def reinstate(self, day: int, points: int) -> bool:
        today = self.now[0]
        if not day <= today <= day + WITHIN_DAYS or points > self.gone.get(day, 0):
            return False
        self.gone[day] -= points
        self.renewed("again", points, today + VALID_DAYS)
        return True

    def extend(self, ends: int, until: int, points: int) -> bool:
        pots = [p for p in self.in_order() if p.ends == ends and p.ends > self.now[0] and p.free]
        if not 0 < until - ends <= LONGER_DAYS or sum(p.free for p in pots) < points:
            return False
        for pot in pots:
            taken = min(points, pot.free)
            pot.left, points = pot.left - taken, points - taken
            if taken:
                self.renewed(pot.event, taken, until)
        return True

    def renewed(self, event: str, points: int, ends: int) -> None:
        pot = Pot(event, points, ends, len(self.pots))
        self.pots.append(pot)
        self.fill(pot)
