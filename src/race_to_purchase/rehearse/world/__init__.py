"""The simulation: the engine on virtual time, over a database, a gateway and people that are simulated."""
