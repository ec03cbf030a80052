"""What messages cost and what they save: the month on one page, prices, budget and countries."""
