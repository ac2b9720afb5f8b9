"""Rehearse a sale before it happens: a crowd over real HTTP, the scorecard of what it met, and the bench."""
