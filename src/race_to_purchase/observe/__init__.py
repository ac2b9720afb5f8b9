"""What can be seen of a running engine. A leaf: everything but `rules` may import it, and it decides nothing."""
