"""What stands before the sale: limits, the address a request comes from, connections, and load that is shed.

Read `limits` first: the one table of what may be asked how often. `gcra` is the arithmetic of one limit, `sketch` the
bounded memory it is kept in, `address` says who the network's other end is, and `gate` puts them before each endpoint.
Nothing here knows what is sold; everything here costs a request a few microseconds at most.
"""
