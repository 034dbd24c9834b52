#!/usr/bin/env python3
"""run_model.py MODEL - search all states of a Promela model with spin: the good one must hold, and each of its broken
variants must be found out, for the reason it was broken for."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SAFETY = (["-DSAFETY", "-DNOCLAIM"], [])
LIVENESS = (["-DNFAIR=4"], ["-a", "-f"])  # acceptance cycles under weak fairness

# model -> (variant, -D of the model, search, what spin must complain of; None: of nothing)
RUNS = {
    "reload": [("good", [], SAFETY, None),
               ("1", [], SAFETY, "!(world_freed[w])"),
               ("2", [], SAFETY, "sets[a]==0"),
               ("3", [], SAFETY, "!(world_freed[w])"),
               ("4", [], SAFETY, "world_freed[s]==(s!=world)")],
    "drain": [("good", [], SAFETY, None),
              ("good", ["-DALONE"], LIVENESS, None),
              ("1", [], SAFETY, "waiting==0"),
              ("2", [], SAFETY, "call[k]!="),
              ("3", [], SAFETY, "listening"),
              ("4", [], SAFETY, "call[k]!="),
              ("5", [], SAFETY, "loop_freed[at[k]]"),
              ("6", ["-DALONE"], LIVENESS, "acceptance cycle")],
    "cache_fill": [("good", [], SAFETY, None),
                   ("good", ["-DALONE"], LIVENESS, None),
                   ("1", [], SAFETY, "copy_value>=least"),
                   ("2", [], SAFETY, "copy_value>=least"),
                   ("3", ["-DALONE"], LIVENESS, "acceptance cycle"),
                   ("4", [], SAFETY, "copy_value>=least"),
                   ("5", [], SAFETY, "copy_value>=least"),
                   ("6", [], SAFETY, "asked<=1"),
                   ("7", [], SAFETY, "copy_value>=least"),
                   ("8", [], SAFETY, "copy_value>=least"),
                   ("9", [], SAFETY, "copy_value>=least"),
                   ("10", [], SAFETY, "copy_value>=least"),
                   ("11", [], SAFETY, "copy_value>=least"),
                   ("12", [], SAFETY, "copy_value>=least")],
    "cache_sheaf": [("good", [], SAFETY, None),
                    ("1", [], SAFETY, "has[(1-me)]"),
                    ("2", [], SAFETY, "has["),
                    ("3", [], SAFETY, "value[")],
    "cache_near": [("good", [], SAFETY, None),
                   ("1", [], SAFETY, "near_value>=least"),
                   ("2", [], SAFETY, "near_value>=least"),
                   ("3", [], SAFETY, "near_value>=told"),
                   ("4", [], SAFETY, "near_value>=told"),
                   ("5", [], SAFETY, "near_value>=least"),
                   ("6", [], SAFETY, "up||"),
                   ("7", [], SAFETY, "near_value>=least")],
}


def run(command, directory):
    """Its output; a failure ends the test."""
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def search(model, variant, defines, options):
    """What spin's search of all states says."""
    directory = tempfile.mkdtemp(dir=os.environ.get("TMPDIR"))
    try:
        broken = [] if variant == "good" else [f"-DBROKEN={variant}"]
        run(["spin", *broken, *defines, "-a", os.path.join(HERE, model + ".pml")], directory)
        fast = "-O0" if broken else "-O2"  # a fault is found long before the compiler is through
        run(["gcc", fast, "-w", "-DCOLLAPSE", *options[0], "-o", "pan", "pan.c"], directory)
        return run([os.path.join(directory, "pan"), "-m100000", *options[1]], directory)
    finally:
        shutil.rmtree(directory)


def judge(said, complaint):
    """None, or what is wrong with the result."""
    errors = re.search(r"errors: (\d+)", said)
    if not errors or "max search depth too small" in said or "out of memory" in said:
        return "the search did not come to its end"
    if complaint is None:
        return None if errors.group(1) == "0" else "it does not hold"
    if errors.group(1) == "0":
        return "the fault was not found"
    return None if complaint in said.replace(" ", "").replace("acceptancecycle", "acceptance cycle") else "another fault"


def main(arguments):
    if len(arguments) != 1 or arguments[0] not in RUNS:
        sys.exit(f"usage: run_model.py {'|'.join(RUNS)}")
    failed = False
    for variant, defines, options, complaint in RUNS[arguments[0]]:
        said = search(arguments[0], variant, defines, options)
        wrong = judge(said, complaint)
        states = re.search(r"(\d+) states, stored", said)
        what = "all states hold" if complaint is None else f"found: {complaint}"
        print(f"{arguments[0]} {variant} {' '.join(defines)} {' '.join(options[1])}: "
              f"{states.group(1) if states else 'no'} states, {wrong or what}", flush=True)
        if wrong:
            print(said)
            failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
