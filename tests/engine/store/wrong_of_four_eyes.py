"""What the application's login tries that two people have to agree upon, and the name that refuses it."""

from typing import Final

from tests.engine.store.wrong_of_staff import APPROVED, proposal


def alone(*statements: str) -> str:
    """What the application does without anybody's approval; the owner may."""
    return "; ".join(("set local role points_app", "set constraints all immediate", *statements))


def asked_for(kind: str, subject: str, change: str) -> str:
    """A proposal that the application made, of which nothing came yet."""
    return proposal(kind=f"'{kind}'", subject=f"'{subject}'", change=f"'{change}'")


def decide(state: str, by: str = "{chen-jie}", result: str = "null") -> str:
    """What becomes of it."""
    decided = "" if state == "proposed" else ", request = '{}', decided_by = 'chen-jie', decided_at = now()"
    return f"update proposal set state = '{state}', approved_by = '{by}', result = {result}{decided}"


def key(**wrong: str) -> str:
    row = {
        "key_id": "'abcdefghij'", "bank": "'corner'", "role": "'channel'", "holder": "'app'", "digest": "sha256('a')",
        "scopes": "'{members:read}'", "expires_at": "now() + interval '30 days'",
    } | wrong  # fmt: skip
    return f"insert into api_key ({', '.join(row)}) values ({', '.join(row.values())})"


def shop(network: str = "car", region: str = "null", *, sandbox: bool = False) -> str:
    of_network = f"insert into network (bank, network) values ('corner', '{network}')"
    columns = "bank, merchant, network, region, sandbox"
    return f"{of_network}; insert into merchant ({columns}) values ('corner', 's-1', '{network}', {region}, {sandbox})"


_OF_A_KEY: Final = '{"role": "channel", "holder": "app", "scopes": ["members:read"], "days": 30}'
_OF_A_SHOP: Final = '{"merchant": "s-1", "network": "car", "region": null, "sandbox": false}'
_MADE: Final = """'{"key_id": "abcdefghij"}'"""
AGREED_KEY: Final = (
    asked_for("key", "channel/app", _OF_A_KEY), decide("approved"), decide("carried-out", result=_MADE)
)  # fmt: skip
AGREED_SHOP: Final = asked_for("merchant-registration", "merchant/s-1", _OF_A_SHOP), decide("carried-out")
RIGHT_WITH_TWO: Final = (
    alone(*AGREED_KEY, key()), alone(*AGREED_SHOP, shop()),
    alone(*AGREED_KEY[:2], decide("withdrawn")), alone(*AGREED_KEY[:2], decide("rejected")),
    alone(*AGREED_KEY, key(), "update api_key set revoked_at = now(), expires_at = now(), signed = false"),
)  # fmt: skip
"""What the application does because others approved it, each in a transaction of its own."""
_OTHER_KEYS: Final = (
    {"key_id": "'zbcdefghij'"}, {"holder": "'other'"}, {"role": "'operator'"},
    {"scopes": "'{}'"}, {"expires_at": "now() + interval '31 days'"}, {"expires_at": "'infinity'"},
)  # fmt: skip
_NOT_AGREED: Final = (
    asked_for("key", "channel/app", _OF_A_KEY), decide("approved"), decide("withdrawn", result=_MADE)
)  # fmt: skip
_TWICE: Final = "{chen-jie,chen-jie}"
WRONG_ALONE: Final[list[tuple[str, str]]] = [
    ("proposal_begins_undecided", alone(proposal(state="'approved'", **APPROVED))),
    ("proposal_begins_undecided", alone(proposal(approved_by="'{chen-jie}'", needs="2"))),
    ("proposal_goes_its_way", alone(proposal(needs="2"), decide("approved", "{chen-jie,wang-fang}"))),
    (
        "proposal_goes_its_way",
        alone(proposal(needs="3"), decide("proposed"), decide("proposed", "{chen-jie,chen-jie}")),
    ),
    ("proposal_goes_its_way", alone(proposal(needs="2"), decide("proposed"), decide("proposed", "{}"))),
    ("proposal_goes_its_way", alone(proposal(), decide("approved"), decide("withdrawn"))),
    ("proposal_goes_its_way", alone(proposal(), decide("carried-out"), decide("carried-out"))),
    ("proposal_goes_its_way", alone(AGREED_KEY[0], AGREED_KEY[2])),
    ("proposal_goes_its_way", alone(*AGREED_KEY, AGREED_KEY[2])),
    ("api_key_was_approved", alone(key())),
    ("api_key_was_approved", alone(*_NOT_AGREED, key())),
    ("api_key_was_approved", alone(*AGREED_KEY[:2], key())),
    *(("api_key_was_approved", alone(*AGREED_KEY, key(**other))) for other in _OTHER_KEYS),
    ("api_key_was_approved", alone("create temp table proposal as select 1", key())),
    ("merchant_was_approved", alone(shop())),
    ("merchant_was_approved", alone(AGREED_SHOP[0], shop())),
    ("merchant_was_approved", alone(*AGREED_SHOP, shop("air"))),
    ("merchant_was_approved", alone(*AGREED_SHOP, shop(region="'north'"))),
    ("merchant_was_approved", alone(*AGREED_SHOP, shop(sandbox=True))),
    ("api_key_only_ends", alone(*AGREED_KEY, key(), "update api_key set expires_at = 'infinity'")),
    ("api_key_only_ends", alone(*AGREED_KEY, key(revoked_at="now()"), "update api_key set revoked_at = null")),
]
"""What the application does though nobody approved it, or something else was approved."""
FORBIDDEN: Final = (
    "update api_key set role = 'operator'", "update api_key set scopes = '{}'",
    "update api_key set digest = sha256('b')", "truncate audit_trail",
    "update merchant set network = 'air'", "update merchant set sandbox = false", "delete from proposal",
    "update network set status = 'active'", "update proposal set change = '{}'", "update proposal set needs = 1",
    "update proposal set expires_at = now()", "delete from api_key",
    "alter table api_key disable trigger api_key_was_approved",
)  # fmt: skip
"""What the application's login has no right to at all."""
