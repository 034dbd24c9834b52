"""What must hold, what was found, and the table of both."""


class Goal:
    """A line of the table. `holds` None: it is no goal, or was not measured, and `found` says why."""

    def __init__(self, what, must, found, holds):
        self.what, self.must, self.found, self.holds = what, must, found, holds


def print_goals(goals):
    print("\n### Goals\n")
    print("| what | must hold | found | holds |")
    print("|---|---|---|---|")
    for goal in goals:
        holds = {None: "–", True: "yes", False: "**no**"}[goal.holds]
        print(f"| {goal.what} | {goal.must} | {goal.found} | {holds} |", flush=True)
