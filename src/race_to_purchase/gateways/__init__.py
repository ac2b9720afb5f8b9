"""Adapters of the gateway port, one a payment gateway, and of the publisher port that tells the merchant.

Each translates its own gateway's words into `rules.verdicts` and refuses to decide anything by them.
"""


class KeyReused(Exception):
    """A key was sent again with another request: a bug of the caller, and no answer that a gateway gives to a buyer.

    Keys and requests are stored before they are sent and never change, so this must not be mistaken for a decline:
    the first request under the key may have moved money.
    """
