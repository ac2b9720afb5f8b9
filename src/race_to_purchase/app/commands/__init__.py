"""What commands of the terminal do, apart from running the engine; `cli/` has their options."""
