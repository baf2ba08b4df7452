"""What may be tried: domains, conditions, the space of them, and its unit cube."""

from hpo_magic.space.domains import Budget, Choice, Domain, Float, Int
from hpo_magic.space.options import Value
from hpo_magic.space.space import Config, Space

__all__ = ["Budget", "Choice", "Config", "Domain", "Float", "Int", "Space", "Value"]
