"""Metrics: a sink of events, and their exposition. What there is to be measured is said by the events themselves."""
