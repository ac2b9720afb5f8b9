"""Reconciliation: compare what must agree, repair what has one right answer, and show people the rest.

`walk` leads the comparisons over time and keeps how far they came, `gateway` and `rows` are the two comparisons,
`mend` does the repairs and `again` looks once more at what is open. `loop` ties them together, as a loop and as one
whole pass.
"""
