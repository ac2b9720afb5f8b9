"""Whose request it is: proxies are believed as far as they are trusted, and nobody else at all."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from race_to_purchase.edge.guard.address import Origin, Proxies

PROXY = "10.0.0.1"
TRUSTING = Proxies(["10.0.0.0/8", "2001:db8:ffff::/48"])
FORWARDED = Proxies(["10.0.0.0/8"], "forwarded")


def of(proxies: Proxies, peer: str | None, *lines: str) -> Origin:
    """The origin of a request from `peer` with these lines of the header."""
    name = b"forwarded" if proxies is FORWARDED else b"x-forwarded-for"
    return proxies.of(peer, [(b"host", b"shop"), *((name, line.encode("latin-1")) for line in lines)])


class TestAHeaderFromAnybody:
    @pytest.mark.parametrize("proxies", [Proxies(), TRUSTING])
    def test_is_not_believed(self, proxies: Proxies) -> None:
        assert of(proxies, "203.0.113.9", "198.51.100.1") == Origin(
            "203.0.113.9", "203.0.113.9", False, "203.0.113.0/24"
        )

    def test_gives_no_fresh_address_through_a_trusted_proxy(self) -> None:
        """The client wrote the left part; the proxy appended the address from which it was reached."""
        for claim in ("198.51.100.1", "10.0.0.7", "unknown", "", "127.0.0.1, 10.0.0.7"):
            assert of(TRUSTING, PROXY, f"{claim}, 203.0.113.9").address == "203.0.113.9"

    def test_gives_none_in_a_line_of_its_own(self) -> None:
        assert of(TRUSTING, PROXY, "198.51.100.1", "203.0.113.9").address == "203.0.113.9"

    def test_is_not_even_remembered_where_no_proxy_is_trusted(self) -> None:
        """What is kept of addresses has room for real ones alone, however many claims one client makes."""
        proxies = Proxies()
        for number in range(50):
            of(proxies, "203.0.113.9", f"198.51.100.{number}")
        assert proxies.origin.cache_info().currsize == 1

    def test_is_not_believed_of_an_ipv6_address_that_ends_like_a_proxy(self) -> None:
        assert of(TRUSTING, "2001:db8::10.0.0.1", "198.51.100.1").address == "2001:db8::a00:1"


class TestATrustedProxy:
    def test_tells_the_client(self) -> None:
        assert of(TRUSTING, PROXY, "203.0.113.9") == Origin("203.0.113.9", "203.0.113.9", True, "203.0.113.0/24")

    def test_may_stand_behind_others(self) -> None:
        assert of(TRUSTING, PROXY, "198.51.100.1, 203.0.113.9, 10.2.0.1, 2001:db8:ffff::7").address == "203.0.113.9"

    def test_is_itself_the_client_where_it_tells_nothing_that_can_be_read(self) -> None:
        for told in (
            "",
            "unknown",
            "_hidden",
            "203.0.113.9.9",
            "203.0.113.9:port",
            "[203.0.113.9",
            "[2001:db8::7]0",
            "[2001:db8::7]x80",
            "[2001:db8::7]:port",
            "a" * 5000,
        ):
            assert of(TRUSTING, PROXY, told) == Origin(PROXY, PROXY, True, "10.0.0.0/24")

    def test_may_tell_a_port(self) -> None:
        assert of(TRUSTING, PROXY, "203.0.113.9:51234").address == "203.0.113.9"
        assert of(TRUSTING, PROXY, "[2001:db8::7]:51234").address == "2001:db8::7"

    def test_may_be_reached_by_a_socket(self) -> None:
        assert of(Proxies(["unix"]), None, "203.0.113.9").address == "203.0.113.9"
        assert not of(Proxies(), None, "203.0.113.9").proxied

    def test_is_not_believed_where_it_is_no_address_at_all(self) -> None:
        assert of(Proxies(["unix"]), "nobody", "203.0.113.9") == Origin("unix", "unix")

    def test_may_speak_the_standard_header(self) -> None:
        told = 'for=198.51.100.1;proto=https, for="[2001:db8:1:2::7]:4711";by=10.0.0.1'
        assert of(FORWARDED, PROXY, told) == Origin("2001:db8:1:2::7", "2001:db8:1:2::/64", True, "2001:db8:1::/48")

    def test_is_not_believed_where_one_element_names_two(self) -> None:
        assert of(FORWARDED, PROXY, "for=198.51.100.1;for=203.0.113.9").address == PROXY

    def test_is_asked_for_one_header_only(self) -> None:
        headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-real-ip", b"198.51.100.1"), (b"via", b"10.0.0.7")]
        assert TRUSTING.of(PROXY, headers).address == "203.0.113.9"
        assert FORWARDED.of(PROXY, [(b"x-forwarded-for", b"203.0.113.9")]).address == PROXY


def test_a_household_is_one_network_with_all_its_addresses() -> None:
    networks = {of(Proxies(), f"2001:db8:1:2::{number:x}").network for number in range(1, 100)}
    assert networks == {"2001:db8:1:2::/64"}
    assert of(Proxies(), "2001:db8:1:3::1").network not in networks


def test_an_old_address_in_the_new_form_is_the_old_address() -> None:
    assert of(Proxies(), "::ffff:203.0.113.9") == of(Proxies(), "203.0.113.9")


def test_a_list_with_nothing_between_its_commas_trusts_nobody_more() -> None:
    assert not of(Proxies(["", " "]), PROXY, "203.0.113.9").proxied


@pytest.mark.parametrize("network", ["10.0.0.0/33", "example.com", "10.0.0.1/8"])
def test_a_trusted_network_that_is_none_is_refused(network: str) -> None:
    with pytest.raises(ValueError, match=network.partition("/")[0]):
        Proxies([network])


HEADERS = st.text(st.characters(max_codepoint=255), max_size=80) | st.lists(
    st.sampled_from(
        ["10.0.0.2", "203.0.113.9", "for=", '"', "[", "]", ":", ";", ",", " ", "::1", "%eth0", "for=unknown"]
    )
).map("".join)


@given(st.lists(HEADERS, max_size=3), st.sampled_from([PROXY, "203.0.113.1", "::1", "", "garbage", None]))
def test_whatever_is_written_there_some_address_or_none_comes_out(lines: list[str], peer: str | None) -> None:
    for proxies in (TRUSTING, FORWARDED, Proxies(), Proxies(["unix"])):
        found = of(proxies, peer, *lines)
        assert found.network


@given(st.lists(HEADERS, max_size=3))
def test_whatever_a_client_writes_the_proxy_has_the_last_word(lines: list[str]) -> None:
    assert of(TRUSTING, PROXY, *lines, "203.0.113.9").address == "203.0.113.9"
    assert of(FORWARDED, PROXY, *lines, "for=203.0.113.9").address == "203.0.113.9"


ADDRESSES = st.ip_addresses().map(str) | st.text("0123456789abcdef.:", max_size=20)


@given(ADDRESSES)
def test_an_address_is_read_as_the_standard_library_reads_it(text: str) -> None:
    """By the system's functions, which are quicker and were not written for this."""
    found = of(TRUSTING, PROXY, f"[{text}]" if ":" in text else text)
    try:
        address: IPv4Address | IPv6Address | None = ip_address(text)
    except ValueError:
        address = None
    if address is None:
        assert found.address == PROXY
        return
    assert ip_address(found.address) == (getattr(address, "ipv4_mapped", None) or address)
    network = ip_network(f"{found.address}/{32 if '.' in found.shown else 64}", strict=False)
    assert found.network == (str(network.network_address) if network.version == 4 else str(network))
