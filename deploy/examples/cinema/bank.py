"""What a till asks the bank. A write is asked again until it is answered, and is done once for all that."""

import hashlib
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NotRequired, Self, TypedDict

import httpx

from cinema.signing import Signing

ASK_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
"""Answers that leave it open whether it was done; 409 says that the same request is being decided."""
PAUSE_S_FIRST, PAUSE_S_MAX = 0.2, 5.0


class Benefit(TypedDict):
    """What a customer may have here today; no `units` is without limit."""

    benefit: str
    valid_until: str
    price_needed: bool
    units: NotRequired[int]
    value_ceiling_minor: NotRequired[int]
    discount_percent: NotRequired[int]


class LookedUp(TypedDict):
    """What a code is good for, and which points may be spent with it."""

    points: list[str]
    benefits: list[Benefit]


class Redemption(TypedDict):
    """How a redemption stands. `payable_minor` is what the customer pays in money."""

    merchant_ref: str
    state: Literal["held", "captured", "voided", "lapsed", "reversed", "forwarded"]
    units: NotRequired[int]
    points: NotRequired[int]
    payable_minor: NotRequired[int]
    lapses_at: NotRequired[str]


class Refused(Exception):
    """The bank says no, and nothing was moved. `kind` is such as `benefit-used-up`; RFC 9457 has the rest."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem.get('title')}: {problem.get('detail')}")
        self.status = status
        self.kind = str(problem.get("type", "")).rpartition("/")[2]


class Unanswered(Exception):
    """Nobody answered in time. Whether it was done `standing` says later; asking the same again is safe for ever."""


class Bank:
    """The bank, under this chain's API key. Money is in minor units: 4500 is 45.00 yuan."""

    def __init__(
        self, address: str, key: str, signing: str | None = None, *, patience_s: float = 60.0, timeout_s: float = 10.0
    ) -> None:
        """`signing` is the secret where the bank wants requests signed; for `patience_s` a write is asked again."""
        headers = {"Authorization": f"Bearer {key}"}
        signed = Signing(signing) if signing else None
        self._http = httpx.Client(base_url=address, headers=headers, timeout=timeout_s, auth=signed)
        self._patience_s = patience_s

    def look_up(self, code: str) -> LookedUp:
        """What the code that a customer shows is good for; it is not used by that."""
        found: LookedUp = _told(self._http.post("/v1/codes/look-up", json={"code": code})).json()
        return found

    def hold(self, ref: str, code: str, benefit: str, price_minor: int | None = None) -> Redemption:
        """Keeps a unit for this ticket until it is captured or void, mostly for 15 minutes; `ref` is the ticket's."""
        asked: dict[str, Any] = {"merchant_ref": ref, "code": code, "benefit": benefit}
        if price_minor is not None:
            asked |= {"amount_minor": price_minor, "currency": "CNY"}
        return self._write("/v1/redemptions", asked, f"{ref}-hold")

    def capture(self, ref: str) -> Redemption:
        """Takes what is held: the ticket is sold."""
        return self._write(f"/v1/redemptions/{ref}/capture", {}, f"{ref}-capture")

    def void(self, ref: str) -> Redemption:
        """Lets go of what is held: the ticket is not sold."""
        return self._write(f"/v1/redemptions/{ref}/void", {}, f"{ref}-void")

    def reverse(self, ref: str) -> Redemption:
        """Gives back what was captured: the ticket was returned."""
        return self._write(f"/v1/redemptions/{ref}/reverse", {}, f"{ref}-reverse")

    def standing(self, ref: str) -> Redemption | None:
        """How a redemption stands; None where the bank never heard of it."""
        answer = self._http.get(f"/v1/redemptions/{ref}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        found: Redemption = _told(answer).json()
        return found

    def tell(self, url: str) -> str:
        """Asks to be told by webhook at `url` from now on; answers the secret of the signatures."""
        return str(_told(self._http.put("/v1/webhooks/main", json={"url": url})).json()["secret"])

    def settlement_files(self) -> list[int]:
        """Numbers of the newest settlement files, the newest first."""
        return [one["number"] for one in _told(self._http.get("/v1/settlements")).json()["items"]]

    def settlement_file(self, number: int, folder: Path) -> Path:
        """Downloads a settlement file into the folder. ValueError where its SHA-256 is not that of its trailer."""
        answer = _told(self._http.get(f"/v1/settlements/{number}/file"))
        *lines, trailer = answer.content.splitlines(keepends=True)
        if hashlib.sha256(b"".join(lines)).hexdigest() != trailer.decode().rstrip().rpartition(",")[2]:
            raise ValueError(f"settlement file {number} has another SHA-256 than its trailer says: download it again")
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / f"settlement-{number:06}.csv"
        place.write_bytes(answer.content)
        return place

    def _write(self, path: str, body: dict[str, Any], key: str) -> Redemption:
        """Asks until it is answered, always under the same key: then a lost reply is given again, byte for byte."""
        until, pause_s = time.monotonic() + self._patience_s, PAUSE_S_FIRST
        while True:
            wait_s = pause_s
            try:
                answer = self._http.post(path, json=body, headers={"Idempotency-Key": key})
            except httpx.TransportError as error:
                open_because = repr(error)
            else:
                if answer.status_code not in ASK_AGAIN:
                    done: Redemption = _told(answer).json()
                    return done
                open_because = f"HTTP {answer.status_code}"
                wait_s = max(pause_s, float(answer.headers.get("Retry-After", 0)))
            if time.monotonic() + wait_s > until:
                raise Unanswered(f"{path}: {open_because}")
            time.sleep(wait_s)
            pause_s = min(2 * pause_s, PAUSE_S_MAX)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()


def _told(answer: httpx.Response) -> httpx.Response:
    """The answer; Refused where it is a problem."""
    if answer.is_success:
        return answer
    try:
        problem = dict(answer.json())
    except ValueError:
        problem = {"title": answer.reason_phrase, "detail": answer.text[:200]}
    raise Refused(answer.status_code, problem)
