"""Where a webhook may go: out to the public internet by https, never into the bank's own network.

A name is resolved once for each connection, every address it has must be public, and the connection goes to one of
those addresses and not to the name again: a name that answers differently the next time (DNS rebinding) gains nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple

import httpx

URL_MAX: Final = 2048
PORTS: Final = frozenset({443, 8443})
RESOLVE_S: Final = 5.0

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

# IANA's special-purpose registries. Python's `is_global` knows most of them, some only in later versions.
_NOT_PUBLIC: Final = [
    ip_network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
]  # fmt: skip
_UNICAST: Final = ip_network("2000::/3")
"""All that IPv6 uses in public: neither mapped or translated IPv4 nor local, unique-local or multicast is in it."""


class Forbidden(Exception):
    """A webhook may not go there; the text says why and holds nothing of the address but its host."""


class Target(NamedTuple):
    """A URL that may be tried, and whether only this machine may answer to it."""

    url: httpx.URL
    port: int
    plain: bool


def target(url: str, *, loopback: bool) -> Target:
    """The URL's target. Raises Forbidden; `loopback` allows http, and any port, for addresses of this machine."""
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise Forbidden("that is not a URL") from error
    if len(url) > URL_MAX or not url.isascii() or not read.host or read.userinfo or read.fragment:
        raise Forbidden(f"a URL of at most {URL_MAX} ASCII characters with a host, no user and no fragment is expected")
    plain = read.scheme == "http"
    if read.scheme != "https" and not (plain and loopback):
        raise Forbidden("only https is spoken")
    port = read.port or (80 if plain else 443)
    if port not in PORTS and not loopback:
        raise Forbidden(f"port {port} is not one of {', '.join(map(str, sorted(PORTS)))}")
    literal = _literal(read.host)
    if literal is not None:
        _refuse(literal, loopback=loopback)
    return Target(read, port, plain)


async def addresses(to: Target, resolve: Resolve, *, loopback: bool) -> list[str]:
    """The addresses that may be connected to, in the resolver's order. Raises Forbidden if but one is not public."""
    try:
        found = await asyncio.wait_for(resolve(to.url.host, to.port), RESOLVE_S)
        parsed = [ip_address(one) for one in found]
    except (OSError, TimeoutError, UnicodeError, ValueError) as error:
        raise Forbidden(f"{to.url.host} has no address") from error
    if not parsed:
        raise Forbidden(f"{to.url.host} has no address")
    for one in parsed:
        _refuse(one, loopback=loopback)
        if not one.is_loopback and (to.plain or to.port not in PORTS):
            raise Forbidden("only https is spoken, but to this machine")
    return [str(one) for one in parsed]


async def resolved(host: str, port: int) -> list[str]:
    """Every address that the system knows of a host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(one: Address) -> bool:
    """Whether it is an address of the public internet, and of no machine near us."""
    if isinstance(one, IPv6Address) and one not in _UNICAST:
        return False
    inside = any(one in block for block in _NOT_PUBLIC if block.version == one.version)
    return one.is_global and not inside


def _refuse(one: Address, *, loopback: bool) -> None:
    if not (is_public(one) or (loopback and one.is_loopback)):
        raise Forbidden(f"{one} is not an address of the public internet")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None
