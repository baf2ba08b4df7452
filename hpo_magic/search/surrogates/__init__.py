"""Surrogates: models of the objective that samplers and insight share."""
