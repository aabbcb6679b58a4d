"""Settings of the HTTP API; `engine.settings` reads them with the others."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _private(url: str) -> str:
    """Nobody between may change what is fetched there: https, or http within this machine."""
    read = urlsplit(url)
    host = read.hostname or ""
    if host and not read.username and (read.scheme == "https" or _own(read.scheme, host)):
        return url
    raise ValueError("an address that begins with https://, or with http:// and a loopback address; no user in it")


def _own(scheme: str, host: str) -> bool:
    try:
        return scheme == "http" and ip_address(host).is_loopback
    except ValueError:
        return False


PrivateUrl = Annotated[str, AfterValidator(_private)]
ClaimName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[!-~]+$")]


class ApiSettings(BaseSettings):
    """What an operator can set of the API."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    api_host: str = Field(default="127.0.0.1", min_length=1)
    """Address on which the API listens; `0.0.0.0` in a container, behind what ends TLS."""
    api_port: int = Field(default=8080, ge=0, le=65535)
    """Port on which the API listens; 0 takes a free one, with one process alone."""
    api_workers: int = Field(default=1, ge=1, le=64)
    """Processes of the API on one port."""
    api_pepper: str | None = Field(default=None, min_length=32, max_length=512, repr=False)
    """Secret under which keys and codes are hashed; at least 32 characters, never changed, not kept in the database."""
    api_transactions: int = Field(default=2, ge=1, le=16)
    """Transactions that the door of one process runs at once."""
    api_batch_max: int = Field(default=200, ge=1, le=2000)
    """Most commands decided in one transaction of the door."""
    api_gather_ms: int = Field(default=20, ge=0, le=1000)
    """Milliseconds between two of the door's transactions at least, up to 100 where those take long; 0 for none."""
    api_waiting_max: int = Field(default=2000, ge=1, le=100_000)
    """Commands that may wait at one process's door; more are answered 503."""
    api_timeout_s: Seconds = 8.0
    """Seconds after which a request is answered 503."""
    api_read_s: Seconds = 10.0
    """Seconds within which a request's head, and then its body, has to be there."""
    api_requests_per_s: Count = 200
    """Requests a second that one key may make at one process, in the long run; twice as many at once."""
    api_guesses_max: Count = 9
    """Wrong keys of one address, or wrong codes of one key or caller, in ten minutes, before they are answered 429."""
    api_sweep_s: Seconds = 60.0
    """Seconds between two looks for holds that have lapsed."""
    backtest_days_min: int = Field(default=28, ge=1, le=3660)
    """Closed days of its bank's history on which a program has to be tried before it may come into force."""


class OidcSettings(BaseSettings):
    """What an operator can set of the issuer of people's tokens; where none is set, people have keys."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    oidc_issuer: PrivateUrl | None = None
    """Who gives the bank's people their tokens, as the claim `iss` names it; with it both that follow."""
    oidc_audience: str | None = Field(default=None, min_length=1, max_length=512)
    """What the issuer calls this API in the claim `aud`."""
    oidc_jwks_url: PrivateUrl | None = None
    """Where the issuer's public keys are: https, or http within this machine; its discovery calls it `jwks_uri`."""
    oidc_bank_claim: ClaimName = "bank"
    """Claim that names the bank; of a claim within another the way to it, such as `app.bank`."""
    oidc_person_claim: ClaimName = "sub"
    """Claim that names the person as the trail does: never changed, and never given to a second one."""
    oidc_roles_claim: ClaimName = "roles"
    """Claim with roles: `operator`, `approver`, `auditor`, a list or a text with spaces; others are passed over."""
    oidc_scopes_claim: ClaimName | None = None
    """Claim with scopes, such as `scope`: a token may only what it names; left out, all that its roles may."""
    oidc_keys_too: bool = False
    """Whether people's keys are taken beside tokens; then each is to have the name that tokens give its person."""
