-- read_walks: how far each walk of reconciliation has come.
SELECT name, reached FROM walk
