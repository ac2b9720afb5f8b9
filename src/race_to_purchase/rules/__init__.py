"""Every decision of a purchase, as pure functions and tables: no I/O, no clock, no randomness.

Read `rows` first (what is stored), then `checkout` and `attempt` (the two state tables), then `decide`.
"""
