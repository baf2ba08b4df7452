"""Speed and sample efficiency, side by side with the peers; see README.md."""
