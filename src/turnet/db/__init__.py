"""The database: engine, transactions, the guard against double booking, migrations."""
