"""Wrong rows of the API's tables, each with the name of the constraint that refuses it."""

from typing import Final

ID: Final = "'00000000-0000-0000-0000-000000000001'"
HASH: Final = "sha256('a')"
SHOP: Final = (
    "insert into network values ('corner', 'car'); insert into merchant (bank, merchant, network, status) values "
)
PACE: Final = "insert into merchant_pace values ('corner', 's', '2026-01-15', array_fill(0, array[25]));"


def key(role: str = "'merchant'", digest: str = HASH, bank: str = "'corner'") -> str:
    return f"insert into api_key (key_id, bank, role, holder, digest) values ('k', {bank}, {role}, 'h', {digest})"


def stop(kind: str = "merchant", name: str = "s", bank: str = "corner", reason: str = "why") -> str:
    columns = "bank, kind, name, stopped_by, reason"
    return f"insert into stop ({columns}) values ('{bank}', '{kind}', '{name}', 'p', '{reason}')"


def answer(status: int) -> str:
    return f"insert into api_answer values ({ID}, 'corner', 'p', 'k', 'r', 'POST', {status}, '{{}}', '')"


def code(kind: str = "'presentation'", digest: str = HASH, until: str = "'2199-01-01'") -> str:
    columns = "digest, bank, member_id, kind, expires_at"
    return f"insert into code ({columns}) values ({digest}, 'corner', 'm', {kind}, {until})"


def reference(name: str) -> str:
    return f"insert into merchant_reference values ({name}, 'corner', 's', 'm')"


_REFERENCE: Final = reference("substr(sha256('a'), 1, 16)")
_USE: Final = f"insert into code_use values ({HASH}, 'corner', '')"
RIGHT_OF_API: Final = (answer(201), code(), _REFERENCE, _USE)
"""A row of each table whose rows are for ever."""

WRONG_OF_API: Final = [
    ("network_pk", "insert into network values ('corner', 'car'), ('corner', 'car')"),
    ("network_of_a_bank", "insert into network values ('nobody', 'car')"),
    ("network_is_a_slug", "insert into network values ('corner', 'Car Care')"),
    ("network_status_known", "insert into network values ('corner', 'car', 'closed')"),
    ("merchant_pk", SHOP + "('corner', 's', 'car', 'active'), ('corner', 's', 'car', 'active')"),
    ("merchant_of_a_network", SHOP + "('corner', 's', 'air', 'active')"),
    ("merchant_is_an_id", SHOP + "('corner', '4111', 'car', 'active')"),
    ("merchant_status_known", SHOP + "('corner', 's', 'car', 'closed')"),
    ("merchant_begins_some_an_hour", SHOP + "('corner', 's', 'car', 'active'); update merchant set per_hour = 0"),
    ("merchant_begins_some_a_day", SHOP + "('corner', 's', 'car', 'active'); update merchant set per_day = -1"),
    ("merchant_pace_pk", SHOP + "('corner', 's', 'car', 'active');" + PACE + PACE),
    ("merchant_pace_of_a_merchant", PACE),
    ("merchant_pace_has_25_hours", SHOP + "('corner', 's', 'car', 'active');" + PACE.replace("25", "24")),
    ("api_key_pk", key() + ";" + key()),
    ("api_key_of_a_bank", key(bank="'nobody'")),
    ("api_key_role_known", key(role="'root'")),
    ("api_key_digest_is_sha256", key(digest="'secret'")),
    ("api_key_signs_by_a_number", key() + "; update api_key set signed = true"),
    ("nonce_pk", "insert into nonce values ('k', 'n'), ('k', 'n')"),
    ("stop_pk", stop() + "; update stop set resumed_at = now(), resumed_by = 'p'; insert into stop select * from stop"),
    ("stop_of_a_bank", stop(bank="nobody")),
    ("stop_kind_known", stop("shop")),
    ("stop_of_everything_has_no_name", stop("everything")),
    ("stop_of_everything_has_no_name", stop("merchant", "")),
    ("stop_has_a_reason", stop(reason="")),
    ("stop_is_resumed_by_somebody", stop() + "; update stop set resumed_at = now()"),
    ("api_answer_pk", answer(201) + ";" + answer(201)),
    ("api_answer_is_kept_once_decided", answer(409)),
    ("api_answer_is_kept_once_decided", answer(503)),
    ("merchant_reference_pk", _REFERENCE + ";" + _REFERENCE),
    ("merchant_reference_is_16_bytes", reference(HASH)),
    ("code_pk", code() + ";" + code()),
    ("code_digest_is_sha256", code(digest="'7H3K'")),
    ("code_kind_known", code(kind="'gift'")),
    ("code_of_a_voucher_names_its_benefit", code(kind="'voucher'")),
    ("code_valid_some_time", code(until="'2020-01-01'")),
    ("code_use_pk", _USE + ";" + _USE),
    ("guess_pk", "insert into guess values ('s', 1, now()), ('s', 2, now())"),
    ("sweep_pk", "insert into sweep default values; insert into sweep default values"),
    ("sweep_has_one_row", "insert into sweep values (false)"),
]
