"""What goes wrong, as problem details (RFC 9457): a type for each reason, with a page that says what to do."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final, NamedTuple, get_args

import orjson

from rules.decision import RefusalReason

MEDIA_TYPE: Final = "application/problem+json"
PAGES: Final = "/problems/"
UNAUTHENTICATED: Final = 401
"""Answers with it say how one shows who one is (RFC 9110, 15.5.2; RFC 6750)."""
_WORD: Final = re.compile(r"[A-Za-z]+(?:[_-][A-Za-z]+)*")


class Kind(NamedTuple):
    """A type of problem: its status, its title, and what whoever asked can do."""

    status: int
    title: str
    remedy: str


_SAME_KEY: Final = "Ask again with the same Idempotency-Key: it is done once, however often it is asked."
_SIGNING: Final = "RFC 9421, HMAC-SHA256 over method, path, query, body and Idempotency-Key, with a nonce."
_LATER: Final = "From `Retry-After` on ask again, under a new Idempotency-Key."
_LOOK_UP: Final = "Look the code up: it says what can be redeemed."
_ANEW: Final = "Begin a new redemption, under a new merchant_ref."
_REFUSED: Final = "The program's rules refuse it, and nothing was moved; `detail` says what would have to be otherwise."

OF_REQUESTS: Final[Mapping[str, Kind]] = {
    "bad-request": Kind(400, "This is no HTTP request", "Use a client of HTTP/1.1."),
    "unauthenticated": Kind(401, "No valid API key", "Send `Authorization: Bearer pk_…`, or, of staff, a token."),
    "token-refused": Kind(401, "The token is not taken", "`detail` says what is wrong; have its issuer give another."),
    "signature-needed": Kind(401, "The request is not signed", "This key's requests are signed: " + _SIGNING),
    "signature-refused": Kind(401, "The signature is not good", "Sign anew each time you ask: " + _SIGNING),
    "not-allowed": Kind(403, "The key may not do this", "Use a key of a role that may."),
    "scope-missing": Kind(403, "The key lacks the scope of this", "Use a key with the scope that `detail` names."),
    "not-found": Kind(404, "There is no such thing here", "Compare address and id."),
    "method-not-allowed": Kind(405, "Another method is needed", "The header `Allow` names them."),
    "unsupported-media-type": Kind(415, "The body is not JSON", "Send `Content-Type: application/json`, in UTF-8."),
    "invalid-request": Kind(422, "The request has another form", "`errors` names each."),
    "unusable-request": Kind(422, "It holds what cannot be taken", "`detail` says what; cards go by tokens."),
    "key-missing": Kind(400, "A write needs an Idempotency-Key", "Send a header `Idempotency-Key` of your making."),
    "key-reused": Kind(422, "The Idempotency-Key was used for another request", "Take a new key."),
    "in-flight": Kind(409, "The same request is being decided", "Ask again in `Retry-After` seconds, the same key."),
    "too-many-requests": Kind(429, "Too many requests", "Wait `Retry-After` seconds; `RateLimit` tells the rest."),
    "too-many-guesses": Kind(429, "Too many wrong keys or codes", "Wait `Retry-After` seconds before the next."),
    "version-not-reached": Kind(409, "The member is not there yet", "Ask again after `Retry-After` seconds."),
    "too-large": Kind(413, "The body is too large", "Send at most 64 KiB; of a log that is compared, 4 MiB."),
    "too-deep": Kind(422, "The JSON is nested too deeply", "No request has more than eight levels."),
    "too-slow": Kind(408, "The request did not come in time", "Send the whole request at once."),
    "headers-too-large": Kind(431, "The headers are too large", "Send at most 16 KiB of headers."),
    "timed-out": Kind(503, "The answer was not there in time", _SAME_KEY),
    "issuer-unavailable": Kind(503, "The tokens' issuer does not answer", "Ask again after `Retry-After` seconds."),
    "unavailable": Kind(503, "The ledger cannot be reached now", _SAME_KEY),
    "webhooks-off": Kind(503, "Webhooks are not set up here", "The operator sets what `detail` names."),
    "defect": Kind(500, "A fault of the engine", "Tell the operator the `X-Request-Id`. " + _SAME_KEY),
    "unknown-code": Kind(404, "The code is not known here", "Have it read again, or have the customer show a new one."),
    "code-expired": Kind(422, "The code's time is over", "Have the customer show a new one."),
    "code-used": Kind(422, "The code was used", "Have the customer show a new one; each is good for one redemption."),
    "code-for-another-benefit": Kind(422, "The code is for another benefit", "Look it up to see what it is good for."),
    "merchant-suspended": Kind(403, "The merchant is suspended", "The bank's operator can say why, and resume it."),
    "merchant-too-fast": Kind(
        429, "The merchant began as many redemptions as it may", "Wait `Retry-After` seconds; the bank says how many."
    ),
    "no-such-period": Kind(422, "The last day is before the first", "Send a `first` that is not after `last`."),
    "four-eyes": Kind(403, "Another person has to decide", "Have somebody decide who is not the maker."),
    "proposal-decided": Kind(409, "It was decided already", "Look at the proposal: its state says what became of it."),
    "merchant-known": Kind(409, "The bank has this merchant", "It stays as it is; `points merchants add` moves one."),
    "program-refused": Kind(422, "The program has mistakes", "`errors` has line, column and remedy of each."),
    "not-shadow-ready": Kind(422, "The program was not tried enough", "Mend what is found; run `points backtest`."),
    "begins-too-early": Kind(422, "The version begins too early", "Upload it with a later `version`."),
}  # fmt: skip
"""What is said of requests that reach no decision; none of it is kept."""

_MORE: Final[Mapping[str, Kind]] = {
    "unknown-redemption": Kind(404, "Nothing was redeemed under this reference", "Compare your merchant_ref."),
    "not-enough-points": Kind(422, "There are not enough points", "Ask for fewer points, or for another benefit."),
    "suspended": Kind(
        422,
        "This is stopped for now",
        "The bank's operator can say why. Ask again, under a new key, when it is resumed.",
    ),
    "too-many-this-hour": Kind(422, "The customer redeemed much this hour", _LATER),
    "too-many-today": Kind(422, "The customer redeemed much today", _LATER),
    "reference-used": Kind(422, "The reference was used for something else", "Take a new merchant_ref."),
    "benefit-used-up": Kind(422, "Not enough units are left", _LOOK_UP),
    "benefit-not-granted": Kind(422, "The customer does not have this benefit", _LOOK_UP),
    "benefit-not-valid-today": Kind(422, "The benefit is not valid on this day", _LOOK_UP),
    "unknown-benefit": Kind(422, "The program has no such benefit", _LOOK_UP),
    "amount-needed": Kind(422, "The price is needed", "Send amount_minor and currency."),
    "wrong-network": Kind(422, "The benefit is for shops of another network", "Send the customer to one of those."),
    "wrong-region": Kind(422, "The benefit is for shops of another region", "Send the customer to one of those."),
    "gate-not-met": Kind(422, "The customer does not meet the benefit's condition", "The bank says what it asks for."),
    "too-soon": Kind(422, "It was used too recently", "Ask again, under a new key, in the next day, week or month."),
    "too-many-companions": Kind(422, "Too many companions", "Ask again, under a new key, with fewer companions."),
    "too-many-holds": Kind(422, "Too much is held for this customer", "Capture or void what is held, then ask again."),
    "points-not-spendable": Kind(422, "There are no such points to spend", "Compare the type of points."),
    "points-not-taken": Kind(422, "Points do not pay for this", "Take the part that is not covered in money."),
    "points-restricted": Kind(422, "Some points may not be spent here", "Ask for as many as `detail` says, or fewer."),
    "not-for-sale": Kind(422, "The benefit is not sold for points", "Offer one that has a price."),
    "not-convertible": Kind(422, "These units do not convert so", "`detail` says which do, and how many at a time."),
    "member-unknown": Kind(422, "The customer is not enrolled", "Compare the id; the bank enrols members."),
    "member-provisional": Kind(422, "The customer is not enrolled yet", "Have the bank enrol the customer first."),
    "member-closed": Kind(422, "The customer has left the program", "What is held may still be ended, nothing begun."),
    "member-frozen": Kind(422, "The customer is frozen", "The bank says why, and when it is over."),
    "not-captured-yet": Kind(422, "It is held and not captured", "Capture it, or void the hold instead."),
    "already-captured": Kind(422, "It was captured before", "Nothing is left to do; to give it back, reverse it."),
    "already-voided": Kind(422, "The hold was voided before", _ANEW),
    "already-lapsed": Kind(422, "The hold's time was over", _ANEW),
    "already-reversed": Kind(422, "All of it was given back before", "Nothing is left to do."),
    "more-than-held": Kind(422, "More than was held", "Capture what is held, or less."),
    "more-than-captured": Kind(422, "More than was captured", "Give back what is left of it, or less."),
    "too-late-to-reverse": Kind(422, "The time for giving back is over", "Ask the bank: its people can adjust points."),
}


def _of_reason(reason: str) -> Kind:
    return _MORE.get(reason) or Kind(422, reason.replace("-", " ").capitalize(), _REFUSED)


KINDS: Final[Mapping[str, Kind]] = {
    **OF_REQUESTS, **{reason: _of_reason(reason) for reason in get_args(RefusalReason)},
}  # fmt: skip
"""Every type of problem by its word, the core's refusals among them: those are kept and come again as they were."""


class Problem(Exception):
    """Ends a request with a problem. `more` are members of its own, such as `errors`."""

    def __init__(self, kind: str, detail: str, *, retry_after_s: int | None = None, **more: Any) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind, self.detail = kind, detail
        self.status = KINDS[kind].status
        self.headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
        if self.status == UNAUTHENTICATED:
            self.headers["WWW-Authenticate"] = 'Bearer realm="points"'
        self.body = written(kind, detail, **more)


def written(kind: str, detail: str, **more: Any) -> bytes:
    """The problem's bytes."""
    known = KINDS[kind]
    return orjson.dumps({"type": PAGES + kind, "title": known.title, "status": known.status, "detail": detail, **more})


def pointer(steps: Iterable[int | str]) -> str:
    """A JSON pointer. `*` stands for a name that is no word: a secret may have been pasted there."""
    return "".join(f"/{step if isinstance(step, int) or _WORD.fullmatch(step) else '*'}" for step in steps)


def page(kind: str) -> str:
    """The page of a type, for people; KeyError where there is none."""
    known = KINDS[kind]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(kind)}</title>"
        f"<h1>{escape(known.title)}</h1><p><code>{escape(kind)}</code>, status {known.status}</p>"
        f"<p>{escape(known.remedy)}</p></html>"
    )
