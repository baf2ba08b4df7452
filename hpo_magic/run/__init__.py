"""Trying it: the objective, a trial's context, the runner and the executors."""
