"""Objectives and budgets: what a sale owes its buyers, how fast that is being used up, and what is done about it."""
