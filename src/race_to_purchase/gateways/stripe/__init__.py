"""Stripe, by its official library: `gateway` is the port; what an answer means for a purchase is decided elsewhere."""
