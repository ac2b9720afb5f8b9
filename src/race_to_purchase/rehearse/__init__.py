"""Rehearse a sale before it happens: a crowd over real HTTP and its scorecard, the bench, the simulation."""
