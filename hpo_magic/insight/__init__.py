"""What was learnt: plots of the history, and later the numbers behind them."""
