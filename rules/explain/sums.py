"""The sum of an award in words: what was counted, at which rate, and how it became whole points."""

from fractions import Fraction
from typing import assert_never

from rules.explain.arithmetic import Arithmetic
from rules.explain.say import Say, number
from rules.parts import Basis
from rules.program import EarningRule


def sum_of(sum_: Arithmetic, rule: EarningRule | None, point_type: str, say: Say) -> str:
    """Exact in all that it shows but averages of money, of which parts of a minor unit are left out."""
    result = _result(sum_, point_type, say)
    if rule is not None and rule.kind == "multiplier":
        return say("multiplied", by=number(rule.extra + 1), most=_most(say), result=result)
    basis = rule.told.basis if rule else None
    if rule is None or basis is None:
        return say("plain", basis=f"{sum_.basis:,}", rate=number(sum_.rate), result=result)
    factor = _factor(sum_, basis, say)
    match basis.kind:
        case "fixed":
            told = {"award": number(basis.points), "points": say.points(sum_.whole, point_type)}
            return say("fixed-times", factor=factor, **told) if factor else say("fixed", **told)
        case "again":
            of = ", ".join(say.rule(id_) for id_ in basis.of.split(", "))
            return say("again", basis=f"{sum_.basis:,}", of=of, factor=factor, result=result)
        case "whole-steps":
            told = {"basis": f"{sum_.basis:,}", "per": _per(basis, say), "award": number(basis.points)}
            return say("whole-steps", factor=factor, result=result, **told)
        case "bands":
            counted = say.metric(basis.of) if rule.kind == "period" else _counted(sum_.basis, basis, say)
            return say("bands", basis=counted, result=result)
        case "rate":
            told = {"per": _per(basis, say), "award": number(basis.points), "result": result}
            if rule.kind == "period":
                return say("rate", basis=_of_metric(sum_, basis, say), factor="", **told)
            return say("rate", basis=_counted(sum_.basis, basis, say), factor=factor, **told)
        case _:
            assert_never(basis.kind)


def _result(sum_: Arithmetic, point_type: str, say: Say) -> str:
    """From what the award is worth exactly to whole points."""
    whole, exact = say.points(sum_.whole, point_type), number(sum_.exact)
    if sum_.carried < 0:
        given = number(-sum_.carried)
        if sum_.exact.denominator == 1:
            return say("less-given-exactly", exact=exact, given=given, whole=whole)
        return say("less-given", exact=exact, given=given, rounded=say(sum_.rounding, whole=whole))
    if sum_.carried:
        return say("carried", exact=exact, carried=number(sum_.carried), whole=whole)
    return whole if sum_.exact == sum_.whole else say("rounded", exact=exact, rounded=say(sum_.rounding, whole=whole))


def _most(say: Say) -> str:
    most = say.program.extra_at_most
    return "" if most is None else say("most", most=number(most + 1))


def _unit(basis: Basis, say: Say) -> int:
    return 10**say.program.exponent if basis.money else 1


def _ratio(sum_: Arithmetic, basis: Basis, say: Say) -> Fraction:
    """How many times the rate of the program the rate of the posting is."""
    per = basis.per * _unit(basis, say) if basis.kind == "rate" else 1
    return sum_.rate * per / basis.points


def _factor(sum_: Arithmetic, basis: Basis, say: Say) -> str:
    factor = _ratio(sum_, basis, say)
    shown = number(basis.points * factor) if basis.kind == "again" else number(factor)
    return "" if shown == "1" else say("factor", factor=shown)


def _per(basis: Basis, say: Say) -> str:
    if basis.money:
        return say.money(basis.per * _unit(basis, say))
    return say.of("of-number", basis.of, number(basis.per))


def _counted(amount: int | Fraction, basis: Basis, say: Say) -> str:
    """So much of what the award is of, in words."""
    if basis.money:
        return say.money(amount) if basis.of == "amount" else say.of("of-money", basis.of, say.money(amount))
    return say.of("of-number", basis.of, f"{int(amount):,}")


def _of_metric(sum_: Arithmetic, basis: Basis, say: Say) -> str:
    """Of an average the basis is the sum of its days, by which the rate is divided."""
    days = 1 / _ratio(sum_, basis, say)
    if days == 1:
        return _counted(sum_.basis, basis, say)
    mean = sum_.basis / days
    shown = say.money(mean) if basis.money else number(mean)
    return say("mean", of=say.metric(basis.of), basis=shown, days=number(days))
