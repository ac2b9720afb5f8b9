"""The way of a purchase, one verb a file, in this order: admit, reserve, pay, capture, fulfil; or undo.

Pricing has no stage of its own: the quote is decided in the transaction that reserves. Stages do not call each other;
`purchase` drives them all.
"""
