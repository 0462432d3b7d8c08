"""Mutants: small mistakes are put into functions one by one, and the tests of these must notice.

`mutant_run` does it. Neither mutmut nor cosmic-ray is taken: the one leaves decorated functions such as properties
alone and runs a copy of the package under other names, where tests of sources and of the kernel cache fail; the other
starts pytest anew for every mutant, which takes minutes for what a fork does in a tenth of a second.
"""

import json
import subprocess
import sys
from pathlib import Path

from torture.campaign import Tally, campaign

ROOT = Path(__file__).parent.parent
EXPLAINED = ROOT / "docs" / "mutants.md"
SOURCES = """
    layers/*.py losses/*.py network/*.py training/*.py base/typed.py data/schema.py exchange/schema_file.py
""".split()  # noqa: SIM905
TESTS = """
    display layers losses data/test_matched_data.py data/test_schema.py data/test_schema_rows.py
    data/test_typical.py engine/test_checks.py engine/test_reference.py engine/test_steps.py
    exchange/test_schema_file.py exchange/test_training_description.py own/test_own_engine.py own/test_own_layers.py
    own/test_own_statistics.py test_alike.py test_arguments.py test_asking_networks.py test_augmentation.py
    test_averages.py test_batch_statistics.py test_checkpoint_every.py test_data_as_in_training.py
    test_described_options.py test_description.py test_distributed.py test_early_stopping.py test_errors.py
    test_evaluation.py test_folding.py test_gradient_check.py test_input_and_target_units.py test_kinks.py
    test_lr_range.py test_mixup.py test_model_file.py test_network.py test_networks_of_pytorch.py test_numbers.py
    test_objective.py test_optimizers.py test_origin.py test_own_augmentation.py test_plain_settings.py
    test_prediction.py test_progress.py test_reading.py test_refused_model_files.py test_refused_training.py
    test_repr.py test_right_gradients.py test_sampling.py test_scaling.py test_schedules.py
    test_schedules_by_hand.py test_signals_of_one_axis.py test_target_units.py test_trace.py test_training.py
    test_training_events.py test_typed.py test_windows.py test_wrong_descriptions.py test_wrong_gradients.py
""".split()  # noqa: SIM905
FEW = 5  # mutants for the tests: of the optimizers only, whose tests are the fastest
KILLED = 0.9


@campaign("Of mutants of layers, losses, networks, training and schema, 9 in 10 are killed", tries=2500, few=FEW)
def mutants(tally: Tally) -> None:
    few = tally.tries <= FEW
    sources = ["training/optimizers.py"] if few else SOURCES
    tests = [f"tests/{name}" for name in (["test_optimizers.py"] if few else TESTS)]
    line = [sys.executable, "-m", "torture.mutant_run", ",".join(sources), ",".join(tests), "--tries", str(tally.tries)]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8") as run:
        found = [json.loads(line) for line in run.stdout or ()]
    tally.tries = len(found)  # fewer, if there are no more
    survivors = [found[k] for k in tally if found[k]["came"] != "killed"]
    text = EXPLAINED.read_text(encoding="utf-8")
    unexplained = [f"{each['place']} {each['change']}" for each in survivors if each["change"] not in text]
    tally.notes |= {"killed": f"{1 - len(survivors) / max(1, tally.made):.1%}", "unexplained": len(unexplained)}
    tally.check(tally.made and len(survivors) <= (1 - KILLED) * tally.made, "\n".join(unexplained))
