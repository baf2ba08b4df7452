"""What a script sends to its worker processes: classes and cached functions of its own."""

from __future__ import annotations

import functools
import subprocess
import sys

import cloudpickle

from hpo_magic.run.executors.parcel import pack, unpack

SCRIPT = """
import functools, pickle
from hpo_magic import Budget, Float, Study, checkpoint, report

class Net:
    def __init__(self):
        self.trained = 0

@functools.lru_cache(maxsize=7)
def squared(x):
    return x * x

def objective(config):
    file = checkpoint() / "net"
    net = pickle.loads(file.read_bytes()) if file.exists() else Net()
    assert isinstance(net, Net)
    while net.trained < config["epochs"]:
        net.trained += 1
        report(squared(config["x"]) + 1 / net.trained, net.trained)
    file.write_bytes(pickle.dumps(net))
    return squared(config["x"]) + 1 / net.trained

if __name__ == "__main__":
    study = Study({"x": Float(-5, 5), "epochs": Budget(1, 9)}, minimize="loss", seed=0, strategy="asha")
    study.optimize(objective, trials=12, workers=2, on="processes", progress=False)
    print([str(trial.error) for trial in study.trials if trial.error], len(study.history.done))
    print(sum(trial.parent is not None for trial in study.trials) > 1)
"""


def test_a_scripts_own_class_goes_into_a_file_and_back(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    ran = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ran.stdout.splitlines() == ["[] 12", "True"], ran.stdout + ran.stderr


def test_a_cached_function_arrives_empty_with_its_limits_and_may_call_itself():
    @functools.lru_cache(maxsize=5, typed=True)
    def steps(n):
        return 0 if n == 0 else 1 + steps(n - 1)

    assert steps(3) == 3
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    try:
        parcel = pack(lambda config: (steps(config["n"]), steps.cache_info()))
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    value, known = unpack(parcel.data).objective({"n": 2})
    assert value == 2 and (known.maxsize, known.currsize, known.misses) == (5, 3, 3)
