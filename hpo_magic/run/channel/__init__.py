"""The channel between a search and trials that run elsewhere: reports, stops, logs and checkpoints, authenticated."""
