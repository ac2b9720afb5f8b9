"""What operators do: drops, and what the admin API and the terminal call."""
