"""Wrong rows of what staff propose and do, each with the name of the constraint that refuses it."""

from typing import Final

_ID: Final = "'00000000-0000-0000-0000-000000000001'"
_DAYS: Final = ("'2026-01-01'", "'2026-01-08'")


def proposal(**wrong: str) -> str:
    row = {
        "proposal_id": _ID, "bank": "'corner'", "kind": "'close'", "subject": "'member/m'", "change": "'{}'",
        "reason": "'goodwill'", "proposed_by": "'li-wei'", "proposed_at": _DAYS[0], "expires_at": _DAYS[1],
        "needs": "1",
    } | wrong  # fmt: skip
    return f"insert into proposal ({', '.join(row)}) values ({', '.join(row.values())})"


def request(fingerprint: str = "substr(sha256('a'), 1, 16)") -> str:
    return f"insert into staff_request values ({_ID}, {fingerprint})"


def entry(number: str = "1", chain: str = "sha256('a')") -> str:
    return (
        f"insert into audit_trail values ({number}, 'b', now(), 'operator', 'li-wei', null, 'r', 'proposal-made', "
        f"'member/m', null, null, {chain})"
    )


_DECIDED: Final = {"decided_by": "'chen-jie'", "decided_at": "now()"}
_APPROVED: Final = {"approved_by": "'{chen-jie}'", "request": "'{}'"}
APPROVED: Final = _DECIDED | _APPROVED
RIGHT_OF_STAFF: Final = (request(), entry())
"""A row of each table whose rows are for ever."""
RIGHT_PROPOSALS: Final = (
    proposal(), proposal(proposal_id="gen_random_uuid()", state="'carried-out'", **_DECIDED, **_APPROVED),
    proposal(proposal_id="gen_random_uuid()", state="'rejected'", **_DECIDED),
)  # fmt: skip
WRONG_OF_STAFF: Final[list[tuple[str, str]]] = [
    ("staff_request_pk", request() + ";" + request()),
    ("staff_request_fingerprint_is_16_bytes", request("''")),
    ("proposal_pk", proposal() + ";" + proposal()),
    ("proposal_of_a_bank", proposal(bank="'nobody'")),
    ("proposal_state_known", proposal(state="'expired'", **_DECIDED)),
    ("proposal_valid_some_time", proposal(expires_at=_DAYS[0])),
    ("proposal_needs_somebody", proposal(needs="6")),
    ("proposal_has_four_eyes", proposal(**_DECIDED, state="'approved'", **_APPROVED | {"approved_by": "'{li-wei}'"})),
    ("proposal_approved_by_enough", proposal(**_DECIDED, state="'approved'", request="'{}'")),
    ("proposal_approved_by_a_request", proposal(**_DECIDED, state="'approved'", approved_by="'{chen-jie}'")),
    ("proposal_approved_by_enough", proposal(**_DECIDED, state="'rejected'", approved_by="'{chen-jie}'")),
    ("proposal_decided_by_somebody", proposal(state="'rejected'")),
    ("proposal_decided_by_somebody", proposal(state="'rejected'", decided_at="now()")),
    ("audit_trail_pk", entry() + ";" + entry()),
    ("audit_trail_numbered", entry("0")),
    ("audit_trail_chain_is_sha256", entry(chain="''")),
]
