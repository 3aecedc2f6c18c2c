"""Values to SQL and back. The only part that knows SQLAlchemy.

Functions take a `Connection` first and never commit: `pipeline` and the commands open the transactions, through
`database.Database`.
"""
