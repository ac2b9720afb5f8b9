"""What can be seen of a running engine: events, and what is derived from them. A leaf, which decides nothing."""
