"""A gateway for trying things out, with books of its own in a database, or in memory: it moves no money.

`gateway` is the port; `books` keeps payments, `methods` are the cards that it knows.
"""
