"""What bounds an award: the caps of rule, group and member, then the campaign's budget. The last to cut is named."""

from collections.abc import Mapping

from rules.member import Member
from rules.metrics.counters import counted, used
from rules.parts import CapLine
from rules.periods import Windows
from rules.program import EarningRule, Program


class Caps:
    """The room that one event's awards share. `used` gathers what they take of each budget, in its own units."""

    __slots__ = ("_in_event", "_program", "_room", "_used", "_windows")

    def __init__(
        self, program: Program, windows: Windows, budget_room: Mapping[str, int], used: dict[str, int]
    ) -> None:
        self._program = program
        self._windows = windows
        self._room = budget_room
        self._used = used
        self._in_event: dict[str, int] = {}

    def cut(self, rule: EarningRule, point_type: str, desired: int, member: Member) -> tuple[int, str | None]:
        """How many of the desired points there is room for, and what cut them; takes that room."""
        points, cut_by = desired, None
        lines = rule.caps[point_type]
        if not lines and rule.budget is None:
            return points, cut_by
        for line in lines:
            room = self._left(line, member)
            if room is None:
                points, cut_by = 0, f"{line.name}:window-forgotten"
            elif room < points:
                points, cut_by = room, line.name
        if rule.budget is not None:
            within = self._within_budget(rule.budget, point_type, points)
            if within < points:
                points, cut_by = within, f"budget:{rule.budget}"
        for line in lines:
            self._take(line, member, points)
        return points, cut_by

    def _left(self, line: CapLine, member: Member) -> int | None:
        if line.period is None:
            return line.limit - self._in_event.get(line.counter, 0)
        taken = used(member, line.counter, line.period, self._windows)
        return None if taken is None else max(line.limit - taken, 0)

    def _take(self, line: CapLine, member: Member, points: int) -> None:
        if line.period is None:
            self._in_event[line.counter] = self._in_event.get(line.counter, 0) + points
        elif points:
            counted(member, line.counter, line.period, self._windows, points)

    def _within_budget(self, budget_id: str, point_type: str, points: int) -> int:
        """Bounds: the room is what the lane was leased; more is leased, and decided again, before it cuts for good."""
        budget = self._program.budgets[budget_id]
        cost = budget.units_per_point[point_type]
        room = self._room.get(budget_id, 0) - self._used.get(budget_id, 0)
        within = min(points, max(room, 0) // cost)
        self._used[budget_id] = self._used.get(budget_id, 0) + within * cost
        return within
