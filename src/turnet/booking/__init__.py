"""Visits and the claims behind them; the only writer of bookings."""
