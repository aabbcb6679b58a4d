"""Counters in member state: per window label, what was used. The oldest windows are forgotten first."""

from collections.abc import Callable
from typing import NamedTuple

from rules.member import Member
from rules.periods import WINDOWS_KEPT, PeriodName, Windows


class Window(NamedTuple):
    """A window that is none of the calendar's: its label for a member on a day, and how many are remembered."""

    label: Callable[[Member, Windows], str]
    kept: int


AnyWindow = PeriodName | Window


def counted(member: Member, counter: str, window: AnyWindow, in_windows: Windows, amount: int) -> int:
    """Adds to the counter's window and answers its new value. `member` is a draft."""
    label: str = getattr(in_windows, window) if isinstance(window, str) else window.label(member, in_windows)
    before = member.counters.get(counter)
    if before is None:
        member.counters = {**member.counters, counter: {label: amount}}
        return amount
    value = before.get(label, 0) + amount
    after = {**before, label: value}
    if len(after) > 1:
        _forget(after, window)
    member.counters = {**member.counters, counter: after}
    return value


def highest(member: Member, counter: str, window: AnyWindow, in_windows: Windows, amount: int) -> None:
    """The counter's window remembers the largest amount instead of their sum. `member` is a draft."""
    label = label_of(member, window, in_windows)
    before = member.counters.get(counter, {})
    if amount > before.get(label, 0):
        after = {**before, label: amount}
        _forget(after, window)
        member.counters = {**member.counters, counter: after}


def _forget(after: dict[str, int], window: AnyWindow) -> None:
    if len(after) > (WINDOWS_KEPT[window] if isinstance(window, str) else window.kept):
        del after[min(after)]


def label_of(member: Member, window: AnyWindow, in_windows: Windows) -> str:
    label: str = getattr(in_windows, window) if isinstance(window, str) else window.label(member, in_windows)
    return label


def counted_back(member: Member, counter: str, window: AnyWindow, in_windows: Windows, amount: int) -> None:
    """Takes an amount out of the counter's window again, not below zero; a window that is forgotten stays so."""
    label = label_of(member, window, in_windows)
    before = member.counters.get(counter, {})
    if label in before:
        after = {**before, label: max(before[label] - amount, 0)}
        member.counters = {**member.counters, counter: after}


def used(member: Member, counter: str, period: PeriodName, in_windows: Windows) -> int | None:
    """What the window has used already; None when the window is older than all that are remembered."""
    label: str = getattr(in_windows, period)
    windows = member.counters.get(counter)
    if windows is None:
        return 0
    value = windows.get(label)
    if value is None:
        return None if len(windows) >= WINDOWS_KEPT[period] and label < min(windows) else 0
    return value


def given_counter(rule_id: str, point_type: str, period: PeriodName) -> str:
    """The counter of what a rule gave of a point type in each period, kept for the rules of periods that read it."""
    return f"given:{rule_id}:{point_type}:{period}"
