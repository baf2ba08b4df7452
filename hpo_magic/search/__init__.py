"""What to try next: strategies, the samplers and schedulers that they are made of, and surrogates."""
