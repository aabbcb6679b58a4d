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
        self.renewed(Pot("again", points, today + VALID_DAYS, len(self.pots)))
        return True

    def extend(self, ends: int, until: int, points: int) -> bool:
        """What is valid longer was earned when it was, so that it keeps its place among those of its new day."""
        pots = [p for p in self.in_order() if p.ends == ends and p.ends > self.now[0] and p.free]
        if not 0 < until - ends <= LONGER_DAYS or sum(p.free for p in pots) < points:
            return False
        for pot in pots:
            taken = min(points, pot.free)
            pot.left, points = pot.left - taken, points - taken
            if taken:
                self.renewed(Pot(pot.event, taken, until, pot.order))
        return True

    def renewed(self, pot: Pot) -> None:
        self.pots.append(pot)
        self.fill(pot)
