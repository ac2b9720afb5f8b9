"""Simulated people who buy over real HTTP: who comes, what they do, and what they met."""
