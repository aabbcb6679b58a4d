"""Tokens that are not taken, each with what is said of it. What is forged is made without the issuer's key."""

from collections.abc import Callable
from typing import Any

from tests.engine.staff.issuer import ALGORITHMS, Issuer, SigningKey, coded, signed, symmetric

STRANGER = SigningKey("RS256", "RS256")
"""A key of somebody else, under the name of one of the issuer's."""
GONE = SigningKey("ES256", "withdrawn")


def header(alg: str = "RS256", **more: Any) -> dict[str, Any]:
    return {name: value for name, value in ({"alg": alg, "kid": alg, "typ": "JWT"} | more).items() if value is not None}


def tampered(issuer: Issuer) -> str:
    """An auditor's token whose claims are written over."""
    head, _, signature = issuer.token("zhou-min", "auditor").split(".")
    return ".".join((head, coded(issuer.claims("zhou-min", "operator")), signature))


def of(make: Callable[[Issuer], dict[str, Any]]) -> Callable[[Issuer], str]:
    """A token that the issuer signs, of these claims."""
    return lambda issuer: signed(header(), make(issuer), issuer.keys[0].sign)


def headed(**more: Any) -> Callable[[Issuer], str]:
    """A token that the issuer signs, with another header."""
    return lambda issuer: signed(header(**more), issuer.claims(), issuer.keys[0].sign)


def later(issuer: Issuer, **seconds: int) -> dict[str, Any]:
    """Claims with times so many seconds from now."""
    claims = issuer.claims()
    return claims | {name: claims["iat"] + after for name, after in seconds.items()}


NONE = f"its algorithm is none of {', '.join(ALGORITHMS)}"
ID = "is missing or no id: letters, digits, - _ . with a letter in it"
WRONG: dict[str, tuple[Callable[[Issuer], str], str]] = {
    "alg none": (lambda i: signed(header("none"), i.claims(), lambda _: b""), NONE),
    "alg None": (lambda i: signed(header("None"), i.claims(), lambda _: b""), NONE),
    "alg none, signed": (lambda i: signed(header("none", kid="RS256"), i.claims(), i.keys[0].sign), NONE),
    "HS256 by the public key": (
        lambda i: signed(header("HS256", kid="RS256"), i.claims(), symmetric(i.keys[0].pem())), NONE),
    "HS256 by an empty key": (lambda i: signed(header("HS256"), i.claims(), symmetric(b"")), NONE),
    "no alg": (headed(alg=None), "it is no signed JWT"),
    "RS512": (headed(alg="RS512"), NONE),
    "another's key": (lambda i: i.token(key=STRANGER), "its signature is not its issuer's"),
    "written over": (tampered, "its signature is not its issuer's"),
    "no signature": (lambda i: i.token().rpartition(".")[0] + ".", "its signature is not its issuer's"),
    "a key of its own": (
        lambda i: signed(header("ES256", jwk=GONE.jwk), i.claims(), GONE.sign), "its signature is not its issuer's"),
    "an address of its own": (
        lambda i: signed(header(kid="k", jku="https://keys.example"), i.claims(), STRANGER.sign),
        "its issuer has no such key for it"),
    "a withdrawn key": (lambda i: i.token(key=GONE), "its issuer has no such key for it"),
    "no kid": (headed(kid=None), "its issuer has no such key for it"),
    "RS256 by an EC key": (headed(kid="ES256"), "its issuer has no such key for it"),
    "kid of another kind": (headed(kid=["RS256"]), "it is no signed JWT"),
    "critical": (headed(crit=["exp"], exp=1), "it is no signed JWT"),
    "for a logout": (headed(typ="logout+jwt"), "its type is none of jwt, at+jwt, application/at+jwt"),
    "another audience": (of(lambda i: i.claims(aud="shop")), "its claim aud is not what is expected here"),
    "audiences without this": (
        of(lambda i: i.claims(aud=["shop", "points-api-2"])), "its claim aud is not what is expected here"),
    "no audience": (of(lambda i: i.claims(aud=None)), "it lacks the claim aud"),
    "another issuer": (of(lambda i: i.claims(iss="https://id.example")), "its claim iss is not what is expected here"),
    "nearly the issuer": (of(lambda i: i.claims(iss=i.address + "/")), "its claim iss is not what is expected here"),
    "no issuer": (of(lambda i: i.claims(iss=None)), "it lacks the claim iss"),
    "expired": (of(lambda i: later(i, exp=-31)), "it has expired"),
    "never expires": (of(lambda i: i.claims(exp=None)), "it lacks the claim exp"),
    "expires as text": (of(lambda i: i.claims(exp="9999999999")), "its claim exp is not what is expected here"),
    "not a number": (of(lambda i: i.claims(exp=float("nan"))), "its claim exp is not what is expected here"),
    "not yet": (of(lambda i: later(i, nbf=120)), "its claim nbf is not what is expected here"),
    "issued later": (of(lambda i: later(i, iat=120)), "its claim iat is not what is expected here"),
    "issued at no time": (of(lambda i: i.claims(iat=None)), "it lacks the claim iat"),
    "an id that is a number": (of(lambda i: i.claims(jti=17)), "its claim jti is not what is expected here"),
    "nobody": (of(lambda i: i.claims(sub=None)), f"its claim sub {ID}"),
    "an address of mail": (of(lambda i: i.claims("li.wei@bank.example")), f"its claim sub {ID}"),
    "a number": (of(lambda i: i.claims("4556737586899855")), f"its claim sub {ID}"),
    "of no bank": (of(lambda i: i.claims(bank=None)), f"its claim bank {ID}"),
    "of two banks": (of(lambda i: i.claims(bank=["corner", "harbour"])), f"its claim bank {ID}"),
    "of an unknown bank": (of(lambda i: i.claims(bank="moon")), "its claim bank names no bank of this engine"),
    "claims that are a list": (lambda i: signed(header(), b"[]", i.keys[0].sign), "it is no signed JWT"),
    "a header that is a text": (lambda i: signed(b'"alg"', i.claims(), i.keys[0].sign), "it is no signed JWT"),
    "a header without end": (lambda i: signed(b"[" * 300, i.claims(), i.keys[0].sign), "it is no signed JWT"),
    "no JSON": (lambda _: "abc.def.ghi", "it is no signed JWT"),
}  # fmt: skip
