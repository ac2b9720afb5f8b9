"""HTTP in, command out: reads a request, refuses what is wrong with it, and tells the outcome.

Read `routes` first (what there is), then `endpoint` (what every request goes through). Nothing here decides anything
about a sale, and nothing here knows the database: `path` and `operate` are asked, `rules.answers` says how it is told.
"""
