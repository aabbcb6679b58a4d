"""Wrong rows of members' keys and of erasures, each with the name of the constraint that refuses it."""

from typing import Final

_NAME: Final = "'0123456789abcdef'"
_MEMBERS: Final = (
    "insert into member (bank, member_id, version, status, partition) "
    "values ('corner', 'm-1', 1, 'enrolled', 0), ('corner', 'm-2', 1, 'enrolled', 0)"
)


def of_member(member: str = "m-1", number: int = 1, name: str = _NAME) -> str:
    key = f"'00000000-0000-0000-0000-00000000000{number}'"
    return f"insert into member_key values ('corner', '{member}', {key}, '', {name})"


def of_fingerprints(one: str = "true", name: str = _NAME) -> str:
    return f"insert into fingerprint_key values ({one}, '00000000-0000-0000-0000-000000000001', '', {name})"


def erasure(member: str = "m-1") -> str:
    values = f"1, 'corner', '{member}'"
    return f"insert into erasure (erasure_number, bank, member_id) overriding system value values ({values})"


WRONG_OF_PROFILES: Final[list[tuple[str, str]]] = [
    ("member_key_of_a_member", of_member()),
    ("member_key_pk", f"{_MEMBERS}; {of_member()}; {of_member(number=2)}"),
    ("member_key_id_once", f"{_MEMBERS}; {of_member()}; {of_member('m-2')}"),
    ("member_key_is_named", f"{_MEMBERS}; {of_member(name=repr('key'))}"),
    ("erasure_of_a_member", erasure()),
    ("erasure_pk", f"{_MEMBERS}; {erasure()}; {erasure()}"),
    ("fingerprint_key_pk", f"{of_fingerprints()}; {of_fingerprints()}"),
    ("fingerprint_key_has_one_row", of_fingerprints("false")),
    ("fingerprint_key_is_named", of_fingerprints(name=repr("key"))),
]
