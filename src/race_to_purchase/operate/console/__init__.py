"""What the console shows: counts over time, measures of a drop as it runs, and one purchase from end to end.

All of it is made of the rows and of the series that every process writes, so that any process tells the same.
"""
