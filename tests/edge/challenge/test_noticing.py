"""What is noticed beside headers: where a request comes from, how often, and what came before."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge.networks import Networks
from race_to_purchase.edge.challenge.noticing import Known, Notices
from race_to_purchase.edge.challenge.wanted import Wanted
from race_to_purchase.edge.guard.address import Origin
from race_to_purchase.edge.principals import Principal
from tests.edge.test_challenges import BROWSER

HOME = Origin("203.0.113.9", "203.0.113.9")
CLOUD = Origin("198.51.100.7", "198.51.100.7")
ADA = Wanted("aurora-1", "line", "ada")
JA4 = "t12d1516h2_8daaf6152771_02713d6af862"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def a_call(role: str = "buyer", buyer: str | None = "ada", **headers: str) -> Call:
    """A browser's request, with more headers."""
    more = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    principal = Principal("~" if role == "buyer" else "shop", role)  # type: ignore[arg-type] # one of the roles
    return Call("join", {**BROWSER, **more}, {}, lambda: True, principal, buyer)


def notices(clock: Clock | None = None, datacentres: Networks | None = None) -> Notices:
    """With a list of one network, and a proxy that tells the handshake."""
    known = Known(
        datacentres or Networks.of("198.51.100.0/24"), b"x-ja4", frozenset({"t13d190900_9dc949149365_97f8aa674fd9"})
    )
    return Notices(known, clock or Clock())


def test_a_person_at_home_is_not_noticed() -> None:
    assert notices().of(a_call(), HOME, ADA) == ()


def test_a_data_centre_is() -> None:
    assert notices().of(a_call(), CLOUD, ADA) == ("network_datacentre",)


class TestAHandshake:
    def test_is_believed_of_a_trusted_proxy(self) -> None:
        told = Origin("203.0.113.9", "203.0.113.9", proxied=True)
        assert notices().of(a_call(x_ja4=JA4), told, ADA) == ("ja4_mismatch",)

    def test_is_not_believed_of_the_client_itself(self) -> None:
        assert notices().of(a_call(x_ja4=JA4), HOME, ADA) == ()


class TestPace:
    def test_of_one_buyer_is_noticed(self) -> None:
        clock = Clock()
        seen = notices(clock)
        found = [seen.of(a_call(), HOME, ADA) for _ in range(12)]
        assert found == [()] * 10 + [("velocity_holder",)] * 2
        clock.now_s += 60
        assert seen.of(a_call(), HOME, ADA) == ()

    def test_of_a_network_is_noticed_later(self) -> None:
        seen = notices()
        found = [seen.of(a_call(), HOME, Wanted("aurora-1", "line", f"buyer {n}")) for n in range(121)]
        assert found == [()] * 120 + [("velocity_network",)]
        assert seen.of(a_call(), CLOUD, ADA) == ("network_datacentre",)

    def test_of_a_storefront_that_names_no_buyer_says_nothing(self) -> None:
        seen = notices()
        nobody = Wanted("aurora-1", "line", "\nshop")
        assert {seen.of(a_call("storefront", None), None, nobody) for _ in range(500)} == {()}


def test_a_storefronts_own_headers_say_nothing_about_its_buyers() -> None:
    call = a_call("storefront", user_agent="python-requests/2.32")
    assert notices().of(call, None, ADA) == ()


def test_several_wrong_answers_are_remembered_for_a_while() -> None:
    clock = Clock()
    seen = notices(clock)
    for _ in range(3):
        assert seen.of(a_call(), HOME, ADA) == ()
        seen.wrong_answer(ADA)
    assert seen.of(a_call(), HOME, ADA) == ("failed_before",)
    assert seen.of(a_call(), HOME, Wanted("aurora-1", "line", "bob")) == ()
    clock.now_s += 600
    assert seen.of(a_call(), HOME, ADA) == ()


class TestAListOfNetworks:
    def test_is_read_from_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "networks"
        file.write_text("# clouds\n198.51.100.0/24  # one\n\n2001:db8::/32\n203.0.113.4\n198.51.100.128/25\n")
        known = Networks.read(file)
        inside = ["198.51.100.0", "198.51.100.255", "2001:db8::1", "2001:db8:ffff::", "203.0.113.4"]
        outside = ["198.51.101.0", "198.51.99.255", "2001:db9::", "203.0.113.5", "unix", "", "::"]
        assert [known.holds(address) for address in inside] == [True] * 5
        assert [known.holds(address) for address in outside] == [False] * 7

    def test_says_which_line_is_none(self, tmp_path: Path) -> None:
        file = tmp_path / "networks"
        file.write_text("198.51.100.0/24\nexample.com\n")
        with pytest.raises(ValueError, match=r"line 2 of .*'example.com'"):
            Networks.read(file)

    @given(st.text(max_size=50))
    def test_holds_nothing_that_is_no_address(self, text: str) -> None:
        assert Networks.of("198.51.100.0/24").holds(text) in (False, text.startswith("198.51.100."))
