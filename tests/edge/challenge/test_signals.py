"""What is noticed in headers: what real browsers send is never noticed, what pretends to be one is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from race_to_purchase.edge.challenge.score import SIGNS
from race_to_purchase.edge.challenge.signals import of_handshake, of_headers

CHROME_UA = (
    b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
USUAL = {b"accept": b"*/*", b"accept-language": b"de,en;q=0.7", b"accept-encoding": b"gzip, deflate, br"}
CHROME = {
    **USUAL,
    b"user-agent": CHROME_UA,
    b"sec-fetch-mode": b"cors",
    b"sec-ch-ua": b'"Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"',
    b"sec-ch-ua-mobile": b"?0",
    b"sec-ch-ua-platform": b'"Windows"',
}
REAL = {
    "Chrome on Windows": CHROME,
    "Chrome without HTTPS": {**USUAL, b"user-agent": CHROME_UA},
    "Edge": {
        **CHROME,
        b"user-agent": CHROME_UA + b" Edg/131.0.0.0",
        b"sec-ch-ua": b'"Microsoft Edge";v="131", "Chromium";v="131", "Not;A=Brand";v="8"',
    },
    "Chrome on a phone": {
        **CHROME,
        b"user-agent": b"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
        b"Mobile Safari/537.36",
        b"sec-ch-ua-mobile": b"?1",
        b"sec-ch-ua-platform": b'"Android"',
    },
    "Samsung's browser": {
        **CHROME,
        b"user-agent": b"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 "
        b"Chrome/125.0.0.0 Mobile Safari/537.36",
        b"sec-ch-ua": b'"Samsung Internet";v="27.0", "Chromium";v="125", "Not.A/Brand";v="24"',
        b"sec-ch-ua-mobile": b"?1",
        b"sec-ch-ua-platform": b'"Android"',
    },
    "Firefox": {
        **USUAL,
        b"user-agent": b"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
        b"sec-fetch-mode": b"cors",
    },
    "Safari on a phone": {
        **USUAL,
        b"user-agent": b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        b"Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
        b"sec-fetch-mode": b"cors",
    },
    "a shop's own app": {b"user-agent": b"AuroraShop/4.2 (iOS 18.1)", b"accept-encoding": b"gzip"},
}


@pytest.mark.parametrize("browser", REAL)
def test_a_real_browser_is_not_noticed(browser: str) -> None:
    assert of_headers(REAL[browser]) == ()


@pytest.mark.parametrize(
    ("change", "sign"),
    [
        ({b"user-agent": None}, "agent_missing"),
        ({b"user-agent": b""}, "agent_missing"),
        ({b"user-agent": b"python-requests/2.32"}, "agent_script"),
        ({b"user-agent": b"curl/8.10.1"}, "agent_script"),
        ({b"user-agent": b"Go-http-client/2.0"}, "agent_script"),
        ({b"user-agent": CHROME_UA.replace(b"Chrome/", b"HeadlessChrome/")}, "agent_headless"),
        ({b"sec-ch-ua": b'"HeadlessChrome";v="131", "Chromium";v="131"'}, "agent_headless"),
        ({b"accept-language": None}, "headers_inconsistent"),
        ({b"accept": None}, "headers_inconsistent"),
        ({b"accept-encoding": None}, "headers_inconsistent"),
        ({b"sec-fetch-mode": None}, "headers_inconsistent"),
        ({b"sec-ch-ua": b'"Google Chrome";v="120", "Chromium";v="120"'}, "hints_mismatch"),
        ({b"sec-ch-ua-platform": b'"macOS"'}, "hints_mismatch"),
        ({b"sec-ch-ua-mobile": b"?1"}, "hints_mismatch"),
        ({b"user-agent": b"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"}, "hints_mismatch"),
        ({b"sec-ch-ua": b"Chrome 131"}, "hints_malformed"),
        ({b"sec-ch-ua": b'"Chromium";v="131",'}, "hints_malformed"),
        ({b"sec-ch-ua": b'"Chromium";v="131"; "Google Chrome";v="131"'}, "hints_malformed"),
        ({b"sec-ch-ua": b", ".join([b'"Chromium";v="131"'] * 9)}, "hints_malformed"),
        ({b"sec-ch-ua-mobile": b"yes"}, "hints_malformed"),
    ],
)
def test_what_pretends_to_be_one_is(change: dict[bytes, bytes | None], sign: str) -> None:
    headers = {name: value for name, value in {**CHROME, **change}.items() if value is not None}
    assert of_headers(headers) == (sign,)


class TestAHandshake:
    LISTED = "t13d190900_9dc949149365_97f8aa674fd9"

    def test_of_a_browser_is_not_noticed(self) -> None:
        assert of_handshake(b"t13d1516h2_8daaf6152771_02713d6af862", CHROME_UA, frozenset()) == ()

    def test_that_is_no_browsers_is(self) -> None:
        assert of_handshake(b"t12d1516h2_8daaf6152771_02713d6af862", CHROME_UA, frozenset()) == ("ja4_mismatch",)
        assert of_handshake(self.LISTED.encode(), CHROME_UA, frozenset()) == ("ja4_mismatch",)

    def test_of_a_known_program_is(self) -> None:
        assert of_handshake(self.LISTED.encode(), b"AuroraShop/4.2", frozenset({self.LISTED})) == ("ja4_listed",)

    @pytest.mark.parametrize("ja4", [None, b"", b"x" * 999, b"t13d1516h2_8daaf6152771", b"\xff" * 36])
    def test_that_is_none_says_nothing(self, ja4: bytes | None) -> None:
        assert of_handshake(ja4, CHROME_UA, frozenset()) == ()


PIECES = [b'"', b'"Chromium"', b';v="', b"131", b",", b" ", b"\\", b"?1", b"Chrome/", b"Mozilla/5.0 (", b"Not", b"\xff"]
VALUES = st.binary(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)


@given(st.dictionaries(st.sampled_from(sorted(CHROME)), VALUES))
def test_whatever_is_sent_only_known_signs_come_out(changes: dict[bytes, bytes]) -> None:
    assert set(of_headers({**CHROME, **changes})) <= SIGNS.keys()
