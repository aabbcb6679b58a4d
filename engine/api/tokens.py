"""People's tokens: JWT (RFC 7519) of the issuer that knows the bank's staff. No merchant's, and no channel's."""

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg
from joserfc import jwt
from joserfc.errors import (
    BadSignatureError,
    ClaimError,
    ExpiredTokenError,
    InvalidKeyCurveError,
    InvalidKeyIdError,
    InvalidKeyTypeError,
    JoseError,
    MissingClaimError,
    SecurityWarning,
    UnsupportedAlgorithmError,
)
from joserfc.jws import JWSRegistry, extract_compact
from pydantic import TypeAdapter, ValidationError

from engine.api.issuer import IssuerKeys
from engine.api.keys import PEOPLE, Caller, Role
from engine.api.problems import Problem
from engine.settings import Settings
from engine.store.sql import statement
from schemas.fields import Id

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""Signatures alone that nobody can make who can verify them."""
LEEWAY_S: Final = 30
"""By so much the issuer's clock may differ from this one."""
TYPES: Final = ("jwt", "at+jwt", "application/at+jwt")
"""A JWT that is for another purpose, such as a logout, has another type (RFC 8725, RFC 9068)."""
_REGISTRY: Final = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
_COMPACT: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_id = TypeAdapter(Id).validate_python


class Tokens:
    """Tells who comes with a token, where the bank has an issuer."""

    def __init__(self, settings: Settings, keys: IssuerKeys, pool: "asyncpg.Pool[Any]") -> None:
        self._settings = settings
        self._keys = keys
        self._pool = pool
        self._banks: frozenset[str] = frozenset()
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S, exp={"essential": True}, iat={"essential": True},
            iss={"essential": True, "value": settings.oidc_issuer or ""},
            aud={"essential": True, "value": settings.oidc_audience or ""},
        )  # fmt: skip

    async def caller(self, token: str, wanted: Sequence[Role]) -> Caller:
        """Whose token it is, in the first of the wanted roles that it names, else in another of its own.

        Problem of what is wrong with it. Nothing of the token is told, but the names of claims.
        """
        claims = await self._verified(token)
        bank = _text(claims, self._settings.oidc_bank_claim)
        if not await self._has(bank):
            raise refused(f"its claim {self._settings.oidc_bank_claim} names no bank of this engine")
        person = _text(claims, self._settings.oidc_person_claim)
        roles = _roles(claims, self._settings.oidc_roles_claim)
        role = next((one for one in wanted if one in roles), roles[0])
        return Caller(bank, role, person, _key_id(claims), self._scopes(claims))

    async def _verified(self, token: str) -> Mapping[str, Any]:
        try:
            header = extract_compact(token.encode(), registry=_REGISTRY).headers()
            _refuse_header(header)
            keys = await self._keys.known(header.get("kid"))
            with warnings.catch_warnings(category=SecurityWarning, action="ignore"):  # EdDSA has a newer name
                claims = jwt.decode(token, keys, registry=_REGISTRY).claims
            self._claims.validate(claims)
        except JoseError as error:
            raise refused(_why(error)) from None
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):  # of a header that is no object
            raise refused("it is no signed JWT") from None
        return claims

    async def _has(self, bank: str) -> bool:
        """Banks are added and never removed."""
        if bank not in self._banks:
            self._banks = frozenset(row["bank"] for row in await self._pool.fetch(statement("all_banks")))
        return bank in self._banks

    def _scopes(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """None where no claim of scopes is set: then it may all that its role may."""
        name = self._settings.oidc_scopes_claim
        if name is None:
            return frozenset()
        scopes = frozenset(_words(claims, name))
        if not scopes:
            raise Problem("scope-missing", f"the token has no scope in its claim {name}")
        return scopes


def is_token(credentials: str) -> bool:
    """Whether it looks like a JWT, and not like a key."""
    return _COMPACT.fullmatch(credentials) is not None


def refused(why: str) -> Problem:
    problem = Problem("token-refused", why)
    problem.headers["WWW-Authenticate"] += ', error="invalid_token"'
    return problem


def _refuse_header(header: Mapping[str, Any]) -> None:
    """Before the issuer is asked for a key: what no key would help."""
    _REGISTRY.check_header(dict(header))
    if header["alg"] not in ALGORITHMS:
        raise UnsupportedAlgorithmError
    if str(header.get("typ", TYPES[0])).lower() not in TYPES:
        raise refused(f"its type is none of {', '.join(TYPES)}")


def _why(error: JoseError) -> str:
    """What is wrong, in words that are ours: the library's may hold what was sent."""
    match error:
        case UnsupportedAlgorithmError():
            return f"its algorithm is none of {', '.join(ALGORITHMS)}"
        case InvalidKeyIdError() | InvalidKeyTypeError() | InvalidKeyCurveError():
            return "its issuer has no such key for it"
        case BadSignatureError():
            return "its signature is not its issuer's"
        case ExpiredTokenError():
            return "it has expired"
        case MissingClaimError():
            return f"it lacks the claim {error.claim}"
        case ClaimError():
            return f"its claim {error.claim} is not what is expected here"
        case _:
            return "it is no signed JWT"


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by the way to it: `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for step in name.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _text(claims: Mapping[str, Any], name: str) -> str:
    try:
        return _id(_claim(claims, name))
    except ValidationError:
        raise refused(f"its claim {name} is missing or no id: letters, digits, - _ . with a letter in it") from None


def _words(claims: Mapping[str, Any], name: str) -> list[str]:
    """Words of a claim that is a list, or one text with spaces."""
    told = _claim(claims, name)
    listed = told.split() if isinstance(told, str) else told if isinstance(told, list) else []
    return [one for one in listed if isinstance(one, str)]


def _roles(claims: Mapping[str, Any], name: str) -> list[Role]:
    named = _words(claims, name)
    roles = [role for role in PEOPLE if role in named]
    if not roles:
        raise Problem("not-allowed", f"the token's claim {name} names none of the roles {', '.join(PEOPLE)}")
    return roles


def _key_id(claims: Mapping[str, Any]) -> str:
    """How trail and logs name the token: by its own id where it has one that is an id, as its issuer's logs do."""
    try:
        return f"token.{_id(claims.get('jti'))}"
    except ValidationError:
        return "token"
