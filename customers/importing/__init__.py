"""Customers from a file: a table (CSV) or cards (vCard).

What must never happen: somebody becomes a customer without what they agreed to, or because a cell was read as
something else than it is. So a file is read into a table, the operator says which column is what and what these
people agreed to, every row is tried and shown before anything is kept, and only what was shown is done. Until
then nothing of the file lies anywhere but in the operator's own page: not in the database, not on the disk.
Technical data cannot be imported at all: there is no column for them.
"""
