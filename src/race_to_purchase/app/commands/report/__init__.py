"""The report of one sale: gathered from its rows and from what was counted, written as one page and as JSON."""
