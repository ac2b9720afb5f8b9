"""The price of a place: what somebody has to show before they may join a line or reserve, adapted to how they come.

Read `score` first: what is noticed, what it weighs, and which tier that makes. `signals` notices, `proof`, `codes` and
`elsewhere` are the three ways to pass, and `challenges` alone brings them together. A challenge is a price, not a
proof that somebody is human: docs/guard.md says what it buys. How fast it is solved is never looked at.
"""
