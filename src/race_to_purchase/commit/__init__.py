"""The only writer: commands go in, outcomes come out, and in between one transaction serves many buyers."""
