"""Flat problems: scikit-learn's models on its bundled data, most parameters continuous, none of them conditional."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.problems import Problem, scored
from hpo_magic import Choice, Float, Int, Space
from hpo_magic.space import Domain

SVM: dict[str, Domain] = {
    "C": Float(1e-3, 1e3, log=True),
    "gamma": Float(1e-5, 10, log=True),
    "weights": Choice([None, "balanced"]),
}

FOREST: dict[str, Domain] = {
    "trees": Int(5, 60, log=True),
    "features": Float(0.05, 1.0),
    "leaf": Int(1, 20, log=True),
    "depth": Int(1, 20, log=True),
    "criterion": Choice(["gini", "entropy"]),
}

BOOSTING: dict[str, Domain] = {
    "rounds": Int(5, 60, log=True),
    "rate": Float(0.01, 1.0, log=True),
    "depth": Int(1, 6),
    "rows": Float(0.3, 1.0),
    "features": Float(0.1, 1.0),
    "leaf": Int(1, 30, log=True),
}

NETWORK: dict[str, Domain] = {
    "width": Int(4, 64, log=True),
    "alpha": Float(1e-6, 10, log=True),
    "lr": Float(1e-4, 1e-1, log=True),
    "batch": Int(8, 128, log=True),
    "beta1": Float(0.5, 0.99),
    "activation": Choice(["relu", "tanh", "logistic"]),
}

SPACES = {"svm": SVM, "forest": FOREST, "boosting": BOOSTING, "network": NETWORK}


def model(name: str, dataset: str) -> Problem:
    """Return one of SPACES on a data set; loss: error in 3-fold validation."""
    return Problem(f"{name}:{dataset}", Space(SPACES[name]), lambda seed: scored(dataset, lambda c: _built(name, c)))


def _built(name: str, c: Mapping[str, Any]) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    if name == "svm":
        built: Any = SVC(C=c["C"], gamma=c["gamma"], class_weight=c["weights"], probability=True, random_state=0)
    elif name == "forest":
        built = RandomForestClassifier(
            c["trees"], max_features=c["features"], min_samples_leaf=c["leaf"], max_depth=c["depth"],
            criterion=c["criterion"], random_state=0,
        )  # fmt: skip
    elif name == "boosting":
        built = GradientBoostingClassifier(
            n_estimators=c["rounds"], learning_rate=c["rate"], max_depth=c["depth"], subsample=c["rows"],
            max_features=c["features"], min_samples_leaf=c["leaf"], random_state=0,
        )  # fmt: skip
    else:
        built = MLPClassifier(
            c["width"], alpha=c["alpha"], learning_rate_init=c["lr"], batch_size=c["batch"], beta_1=c["beta1"],
            activation=c["activation"], max_iter=20, random_state=0,
        )  # fmt: skip
    return make_pipeline(StandardScaler(), built)
