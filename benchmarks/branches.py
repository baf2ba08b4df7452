"""Larger spaces with branches: an SVM by its kernel, LightGBM by its booster, and six learners with all that is theirs.

Each on wine, on digits and on four generated data sets; loss: logarithmic loss in 3-fold validation.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from benchmarks.problems import Problem, scaled, scored
from hpo_magic import Choice, Float, Int, Space
from hpo_magic.space import Domain

KERNELS: dict[str, Domain] = {
    "scale": Choice(["standard", "minmax", None]),
    "cost": Float(1e-4, 1e3, log=True),
    "kernel": Choice(["linear", "poly", "rbf", "sigmoid"]),
    "gamma": Float(1e-4, 1e2, log=True, when="kernel == 'rbf' or kernel == 'sigmoid'"),
    "degree": Int(2, 5, when="kernel == 'poly'"),
    "coef0": Float(0.0, 2.0, when="kernel == 'poly' or kernel == 'sigmoid'"),
    "tol": Float(1e-5, 1e-1, log=True),
}
"""A support vector machine."""

BOOSTERS: dict[str, Domain] = {
    "booster": Choice(["gbdt", "dart", "rf"]),
    "rounds": Int(5, 120, log=True),
    "rate": Float(1e-3, 1.0, log=True, when="booster != 'rf'"),
    "leaves": Int(2, 64, log=True),
    "smallest": Int(1, 60, log=True),
    "l1": Float(1e-8, 1e2, log=True),
    "l2": Float(1e-8, 1e2, log=True),
    "columns": Float(0.1, 1.0),
    "bag": Choice([False, True], when="booster != 'rf'"),
    "share": Float(0.1, 0.99, when="bag == True or booster == 'rf'"),
    "drop": Float(0.0, 1.0, when="booster == 'dart'"),
    "skip": Float(0.0, 1.0, when="booster == 'dart'"),
    "most": Int(1, 50, log=True, when="booster == 'dart'"),
    "extra": Choice([False, True]),
}
"""LightGBM."""

LINEAR: dict[str, Domain] = {
    "C": Float(1e-4, 1e3, log=True),
    "mix": Float(0.0, 1.0),
    "scale": Choice(["standard", "minmax"]),
}
NEIGHBOURS: dict[str, Domain] = {
    "k": Int(1, 50, log=True),
    "p": Choice([1, 2]),
    "weights": Choice(["uniform", "distance"]),
    "scale": Choice(["standard", "minmax", None]),
}
FOREST: dict[str, Domain] = {
    "trees": Int(5, 60, log=True),
    "features": Float(0.05, 1.0),
    "leaf": Int(1, 20, log=True),
    "extra": Choice([False, True]),
    "criterion": Choice(["gini", "entropy"]),
    "bootstrap": Choice([False, True]),
    "share": Float(0.1, 1.0, when="bootstrap == True"),
}
NET: dict[str, Domain] = {
    "width": Int(4, 64, log=True),
    "alpha": Float(1e-6, 10, log=True),
    "rate": Float(1e-4, 1e-1, log=True),
    "activation": Choice(["relu", "tanh"]),
}
LEARNERS: dict[str, dict[str, Domain]] = {
    "svm": KERNELS, "booster": BOOSTERS, "linear": LINEAR, "neighbours": NEIGHBOURS, "forest": FOREST, "net": NET,
}  # fmt: skip


def branches(dataset: str) -> list[Problem]:
    """Return the three spaces on a data set."""
    spaces = {"kernels": KERNELS, "boosters": BOOSTERS, "library": _library()}
    build = {
        "kernels": lambda c: _learner("svm", c),
        "boosters": lambda c: _learner("booster", c),
        "library": lambda c: _learner(c["learner"], {name.partition("_")[2]: value for name, value in c.items()}),
    }
    return [
        Problem(f"{name}:{dataset}", Space(spaces[name]), _maker(dataset, build[name]), conditional=True)
        for name in spaces
    ]


def _maker(dataset: str, build: Any) -> Any:
    return lambda seed: scored(dataset, build)


def _library() -> dict[str, Domain]:
    """Return the choice of a learner, and the parameters of each under its own prefix."""
    space: dict[str, Domain] = {"learner": Choice(list(LEARNERS))}
    for learner, own in LEARNERS.items():
        for name, domain in own.items():
            when = f"learner == {learner!r}"
            if domain.when is not None:
                inner = re.sub(rf"\b({'|'.join(own)})\b", rf"{learner}_\1", domain.when)
                when = f"({inner}) and {when}"
            space[f"{learner}_{name}"] = dataclasses.replace(domain, when=when)
    return space


def _learner(learner: str, c: Mapping[str, Any]) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    if learner == "svm":
        own = {name: c[name] for name in ("gamma", "degree", "coef0") if name in c}
        made: Any = SVC(C=c["cost"], kernel=c["kernel"], tol=c["tol"], probability=True, random_state=0,
                        max_iter=20_000, **own)  # fmt: skip
    elif learner == "booster":
        return _boosted(c)
    elif learner == "linear":
        made = LogisticRegression(C=c["C"], l1_ratio=c["mix"], solver="saga", max_iter=60, random_state=0)
    elif learner == "neighbours":
        made = KNeighborsClassifier(c["k"], p=c["p"], weights=c["weights"])
    elif learner == "forest":
        kind = ExtraTreesClassifier if c["extra"] else RandomForestClassifier
        return kind(c["trees"], max_features=c["features"], min_samples_leaf=c["leaf"], criterion=c["criterion"],
                    bootstrap=c["bootstrap"], max_samples=c.get("share"), random_state=0)  # fmt: skip
    else:
        made = MLPClassifier(c["width"], alpha=c["alpha"], learning_rate_init=c["rate"], activation=c["activation"],
                             max_iter=30, random_state=0)  # fmt: skip
    return make_pipeline(*scaled(c.get("scale", "standard")), made)


def _boosted(c: Mapping[str, Any]) -> Any:
    from lightgbm import LGBMClassifier

    own: dict[str, Any] = {"learning_rate": c["rate"]} if "rate" in c else {}
    if "share" in c:
        own |= {"subsample": c["share"], "subsample_freq": 1}
    if "drop" in c:
        own |= {"drop_rate": c["drop"], "skip_drop": c["skip"], "max_drop": c["most"]}
    return LGBMClassifier(
        boosting_type=c["booster"], n_estimators=c["rounds"], num_leaves=c["leaves"], min_child_samples=c["smallest"],
        reg_alpha=c["l1"], reg_lambda=c["l2"], colsample_bytree=c["columns"], extra_trees=c["extra"], verbose=-1,
        n_jobs=1, random_state=0, **own,
    )  # fmt: skip
