"""What nothing that is told may repeat: numbers that could be a card's, keys, tokens, and addresses of e-mail.

Events have ids alone. But what others say of a failure, a library or a gateway, may quote what it was given, so the log
is looked through; and names that clients choose are not taken up where they look like one of these.
"""

from __future__ import annotations

import re

STRUCK = "[redacted]"

_DIGITS = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ ._-]?[0-9]){12,18}(?![0-9A-Za-z])")
_SECRET = re.compile(
    r"\b(?:sk|rk|pk)_(?:live|test)_\w+"
    r"|\bwhsec_[\w+/=]+"
    r"|\b[Bb]earer[ :][^\s\"',]+"
    r"|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+"
    r"|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"
    r"|[\w.+-]+@[\w-]+\.[\w.-]*\w"
)


def redacted(text: str) -> str:
    """The text, with everything struck out that nobody may read."""
    return _DIGITS.sub(lambda found: STRUCK if is_card(found[0]) else found[0], _SECRET.sub(STRUCK, text))


def is_card(text: str) -> bool:
    """Whether digits, with or without separators, could be a card's number: their length, and the check digit."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
