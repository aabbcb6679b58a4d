"""A posting explained in a sentence or two, with the sum that comes to its points."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple, assert_never

from rules.decision import Posting
from rules.explain.arithmetic import FORGOTTEN, Arithmetic, Cut, arithmetic, rule_of
from rules.explain.phrases import Language
from rules.explain.say import Say, number
from rules.explain.sums import sum_of
from rules.members import merging
from rules.members.membership import FORFEITED
from rules.parts import ExchangeRate
from rules.periods import windows
from rules.points import validity
from rules.program import Program
from rules.spending.spend import NO_GOODS, ONLY_MERCHANT, ONLY_NETWORK
from schemas.money import EXPONENTS


class About(NamedTuple):
    """What other rows of the same decision tell: where points were spent, or the benefit that they bought."""

    merchant: str | None = None
    benefit: str | None = None


NOTHING_MORE: Final = About()


class Explanation(NamedTuple):
    text: str
    sum: Arithmetic


def explained(posting: Posting, program: Program, language: Language, about: About = NOTHING_MORE) -> Explanation:
    """Bounds: `program` is the version that the posting names."""
    say, sum_ = Say(language, program), arithmetic(posting, program)
    parts = (_what(posting, sum_, about, say), *_bounded(posting, sum_, say), *_conditions(posting, say))
    return Explanation(say.sentences(*parts), sum_)


def _what(p: Posting, sum_: Arithmetic, about: About, say: Say) -> str:
    points = say.points(abs(p.points), p.point_type)
    match p.kind:
        case "base" | "bonus" | "multiplier":
            return say("earned", rule=say.rule(p.rule_id), sum=_sum(p, sum_, say))
        case "period":
            return say("of-period", rule=say.rule(p.rule_id), period=_period(p, say), sum=_sum(p, sum_, say))
        case "expired":
            return say("closed" if p.rule_id == FORFEITED else "expired", points=points)
        case "reversed":
            return _reversed(p, points, say)
        case "redeemed" if about.benefit:
            return say("bought", points=points, benefit=say.name(about.benefit))
        case "redeemed" | "returned" if about.merchant:
            return say(f"{p.kind}-at", points=points, merchant=about.merchant)
        case "redeemed" | "returned" | "opening":
            return say(p.kind, points=points)
        case "adjusted":
            return _adjusted(p, sum_, say)
        case "merged":
            moved = "debt" if p.rule_id == merging.RULE_ID else "lot"
            return say(f"{moved}-{'came' if p.points > 0 else 'left'}", points=points)
        case _:
            assert_never(p.kind)


def _sum(p: Posting, sum_: Arithmetic, say: Say) -> str:
    return sum_of(sum_, rule_of(p.rule_id, say.program), p.point_type, say)


def _period(p: Posting, say: Say) -> str:
    rule = next((one for one in say.program.periods.rules if one.rule.id == p.rule_id), None)
    return getattr(windows(p.event_day), rule.period if rule else "month")  # type: ignore[no-any-return]


def _reversed(p: Posting, points: str, say: Say) -> str:
    if p.amount_minor is None:
        return say("reversed", points=points)
    money = say.money(p.amount_minor)
    return (
        say("reversed-money", points=points, money=money) if p.desired_points else say("reversed-nothing", money=money)
    )


def _adjusted(p: Posting, sum_: Arithmetic, say: Say) -> str:
    if p.rule_id == validity.REINSTATED:
        return say("reinstated", points=say.points(p.points, p.point_type))
    if p.rule_id == validity.EXTENDED:
        return say("extended" if p.points > 0 else "in-another-lot", points=say.points(abs(p.points), p.point_type))
    if p.period is None:
        points = f"{p.points:+,} {say.name(p.point_type)}"
        return say("adjusted", points=points, reason=p.rule_id)
    told = {"rule": say.rule(p.rule_id), "period": p.period}
    if p.desired_points < 0:
        return say("put-right-less", points=say.points(-p.points, p.point_type), **told)
    # What was given before is carried below zero; without it the columns hold the difference alone.
    return say("put-right", sum=_sum(p, sum_, say) if p.carried else say.points(sum_.whole, p.point_type), **told)


def _bounded(p: Posting, sum_: Arithmetic, say: Say) -> Iterable[str]:
    if sum_.share is not None:
        part, parts = sum_.share
        points = say.points(sum_.desired, p.point_type)
        yield say("share", part=str(part + 1), parts=str(parts), points=points)
    if sum_.cut is not None:
        yield _cut(p, sum_, sum_.cut, say)


def _cut(p: Posting, sum_: Arithmetic, cut: Cut, say: Say) -> str:
    blanks = {"left": f"{cut.left:,}", "desired": f"{sum_.desired:,}"}
    owner, _, rest = cut.name.partition(":")
    if owner == "on-reversal":
        return say(rest, forgiven=say.points(sum_.desired - cut.left, p.point_type))
    if owner == "budget":
        return say("budget", budget=rest, **blanks)
    if cut.name.endswith(FORGOTTEN):
        return say("cap-forgotten", name=cut.name.removesuffix(FORGOTTEN), **blanks)
    if cut.limit is None:
        return say("cap-unknown", name=cut.name, **blanks)
    whose = say(f"whose-{owner}", group=rest.partition(":")[0], type=say.name(p.point_type))
    return say("cap", whose=whose, period=say(cut.name.rpartition(":")[2]), limit=f"{cut.limit:,}", **blanks)


def _conditions(p: Posting, say: Say) -> Iterable[str]:
    """What else is to be known of it: foreign money, when it can be spent, until when, and on what."""
    if p.exchange_rate is not None:
        yield _foreign(p.exchange_rate, say)
    if p.points <= 0:
        return
    if p.awaits is not None:
        event, _, thing = p.awaits.partition(":")
        yield say("awaits", event=event, thing=thing)
    elif p.releases_on is not None:
        yield say("releases", day=p.releases_on.isoformat())
    yield from _validity(p, say)
    yield from _restricted(p.restriction, say)


def _validity(p: Posting, say: Say) -> Iterable[str]:
    type_ = say.program.point_types.get(p.point_type)
    if p.expires_on is not None:
        yield say("valid", day=say.last_day(p.expires_on))
    elif type_ is not None and type_.inactive_months is not None:
        yield say("inactive", months=str(type_.inactive_months))


def _restricted(restriction: str | None, say: Say) -> Iterable[str]:
    if restriction == NO_GOODS:
        yield say(NO_GOODS)
    elif restriction is not None and restriction.startswith(ONLY_MERCHANT):
        yield say("only-merchant", merchant=restriction.removeprefix(ONLY_MERCHANT))
    elif restriction is not None and restriction.startswith(ONLY_NETWORK):
        yield say("only-network", network=restriction.removeprefix(ONLY_NETWORK))


def _foreign(rate_id: str, say: Say) -> str:
    """The rate between main units; the program keeps it between minor ones."""
    versions = (say.program, *say.program.versions)
    currency = rate_id.partition("/")[0]
    rate = next((r for v in versions for r in v.exchange.get(currency, ()) if r.id == rate_id), None)
    if rate is None:
        return say("foreign-unknown", rate=rate_id)
    return say("foreign", rate=number(_main_units(rate, currency, say)), currency=currency, to=say.program.currency)


def _main_units(rate: ExchangeRate, currency: str, say: Say) -> Fraction:
    return Fraction(rate.numerator, rate.denominator) * Fraction(10) ** (EXPONENTS[currency] - say.program.exponent)
