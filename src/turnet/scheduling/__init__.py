"""Arithmetic on time, and nothing else: no clock, no database, no await, standard library only.

Instants are whole minutes since 1970-01-01T00:00Z (`int`), spans are half-open. Local wall-clock time lives in `hours`
alone. Ids are the database's: resources (practitioners and rooms share one id space), locations and services.
"""
