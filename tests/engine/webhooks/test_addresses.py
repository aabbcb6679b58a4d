"""Where a webhook may not go, however its URL is written: TESTS row 39."""

from ipaddress import ip_address

import pytest

from engine.webhooks.addresses import Forbidden, Resolve, addresses, is_public, resolved, target

INSIDE = [
    "127.0.0.1", "127.8.9.10", "0.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.7", "198.18.0.1", "198.51.100.7", "203.0.113.7",
    "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "fc00::1",
    "fd00:ec2::254",
    "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "3fff::1", "5f00::1",
]  # fmt: skip
"""IANA's special-purpose registries, and the metadata addresses of the great clouds."""
OUTSIDE = ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "2606:4700::1111",
           "2a00:1450:4001::8a", "240e::1"]  # fmt: skip


def resolving(*found: str) -> Resolve:
    """A resolver that answers this for every name."""

    async def resolve(_host: str, _port: int) -> list[str]:
        return list(found)

    return resolve


@pytest.mark.parametrize("address", INSIDE)
async def test_an_address_that_is_not_public_is_refused_by_name_and_as_it_is(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Forbidden):
        target(f"https://{host}/hook", loopback=False)
    to = target("https://shop.example/hook", loopback=False)
    with pytest.raises(Forbidden):
        await addresses(to, resolving("8.8.8.8", address), loopback=False)


@pytest.mark.parametrize("address", OUTSIDE)
async def test_a_public_address_is_taken(address: str) -> None:
    to = target("https://shop.example:8443/hook", loopback=False)
    assert await addresses(to, resolving(address), loopback=False) == [address]


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hook", "file:///etc/passwd", "ftp://shop.example/", "gopher://shop.example/",
        "//shop.example",
        "https:///hook", "https://", "", "hook", "https://user:pass@shop.example/", "https://shop.example/#fragment",
        "https://shop.example:22/", "https://shop.example:6379/", "https://shop.example:80/",
        "https://shop.example:99999/",
        "https://[::1/", "https://shop.example/" + "a" * 2048, "https://shop.example/到", "javascript:alert(1)",
        "https://shop.example:8080\\@10.0.0.1/",
    ],
)  # fmt: skip
def test_a_url_that_is_not_plain_https_is_refused(url: str) -> None:
    with pytest.raises(Forbidden):
        target(url, loopback=False)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "localhost", "LOCALHOST."])
async def test_this_machine_is_refused_in_every_spelling_that_the_system_understands(host: str) -> None:
    """The system's own resolver reads numbers in C's ways; what it makes of them is looked at."""
    with pytest.raises(Forbidden):
        await addresses(target(f"https://{host}/", loopback=False), resolved, loopback=False)


async def test_where_loopback_is_allowed_nothing_else_inside_is() -> None:
    to = target("http://shop.example:5000/hook", loopback=True)
    assert await addresses(to, resolving("127.0.0.1"), loopback=True) == ["127.0.0.1"]
    for address in ("10.0.0.1", "169.254.169.254", "8.8.8.8"):
        with pytest.raises(Forbidden):
            await addresses(to, resolving(address), loopback=True)


async def test_a_name_without_an_address_is_refused() -> None:
    to = target("https://shop.example/", loopback=False)
    for found in ((), ("shop",), ("8.8.8.8", "shop")):
        with pytest.raises(Forbidden, match=r"shop\.example has no address"):
            await addresses(to, resolving(*found), loopback=False)


def test_nothing_special_is_public_and_what_lies_beside_it_is() -> None:
    """The first and the last address of each private block, and those just outside."""
    for inside, outside in (("10.0.0.0", "9.255.255.255"), ("10.255.255.255", "11.0.0.0"),
                            ("172.31.255.255", "172.32.0.0"),
                            ("192.168.0.0", "192.167.255.255"), ("169.254.255.255", "169.255.0.0")):  # fmt: skip
        assert not is_public(ip_address(inside))
        assert is_public(ip_address(outside))
