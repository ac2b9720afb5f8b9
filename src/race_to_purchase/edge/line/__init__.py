"""The line over HTTP: join, look, claim a pass, and check the draw."""
