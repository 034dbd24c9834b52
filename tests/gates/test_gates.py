#!/usr/bin/env python3
"""Each gate finds what it is there for, and passes what is right."""
import unittest

import gates
from tree import Tree, functions


def c_function(lines=1, arguments="int a"):
    return f"static int f({arguments})\n{{\n" + "\ta++;\n" * lines + "}\n"


class GateTest(unittest.TestCase):
    def finds(self, gate, path, text, **more):
        tree = Tree({path: text, **more.get("beside", {})}, more.get("executable", ()))
        self.assertTrue(gate(tree), f"{gate.__name__} passed {path}: {text[:60]!r}")

    def passes(self, gate, path, text, **more):
        tree = Tree({path: text, **more.get("beside", {})}, more.get("executable", ()))
        self.assertEqual(gate(tree), [])

    def test_folder_order(self):
        for path, target in (("base/a.c", "metadata/load.h"), ("metadata/a.c", "adapters/adapter.h"),
                             ("cache/a.h", "federator/service.h"), ("federator/view/a.c", "federator/flow/flow.h"),
                             ("federator/flow/a.c", "federator/http/server.h"), ("weblog/a.c", "cache/cache.h"),
                             ("weblog/a.c", "federator/service.h"), ("federator/flow/a.c", "weblog/format.h"), ("elsewhere/a.c", "base/buf.h")):
            self.finds(gates.folder_order, path, f'#include "{target}"\n')
        for path, target in (("metadata/a.c", "base/buf.h"), ("weblog/a.c", "metadata/load.h"), ("federator/cli/a.c", "weblog/format.h"),
                             ("federator/main.c", "federator/cli/cli.h"),
                             ("federator/flow/a.c", "adapters/adapter.h"), ("cache/a.c", "cache/entry.h")):
            self.passes(gates.folder_order, path, f'#include "{target}"\n')

    def test_include_from_root(self):
        self.finds(gates.include_from_root, "base/a.c", '#include "a.h"\n', beside={"base/a.h": ""})
        self.finds(gates.include_from_root, "base/a.c", '#include "../base/a.h"\n', beside={"base/a.h": ""})
        self.passes(gates.include_from_root, "base/a.c", '#include "base/a.h"\n', beside={"base/a.h": ""})

    def test_prototypes_commented(self):
        gate = gates.prototypes_commented
        self.finds(gate, "base/a.h", "int a(void);\n")
        self.finds(gate, "base/a.h", "/* A. */\nint a(void);\nint b(void);\n")
        self.finds(gate, "base/a.h", "struct a; /* opaque */\nint b(void);\n")
        self.finds(gate, "base/a.h", "static inline int a(void)\n{\n\treturn 1;\n}\n")
        self.passes(gate, "base/a.h", "#define A(x) \\\n\t(x)\nstruct a {\n\tint (*b)(int); /* c */\n};\n/* A. */\n"
                                      "int a(int (*x)(void),\n      int y);\nextern int z;\n")
        self.passes(gate, "base/a.h", "/* A. */\nstatic inline int a(void)\n{\n\treturn (1);\n}\n/* B. */\nint b(void);\n")

    def test_sizes(self):
        self.finds(gates.sizes, "base/a.c", "int a;\n" * 601)
        self.finds(gates.sizes, "base/a.c", c_function(lines=90))
        self.finds(gates.sizes, "base/a.c", "struct a {\n\tint b;\n};\n\n" + c_function(lines=90))
        self.finds(gates.sizes, "base/a.c", c_function(arguments="int a, int b, int c, int d, int e, int f, int g"))
        self.finds(gates.sizes, "base/a.c", "\t" * 14 + "int abcdef;\n")
        self.passes(gates.sizes, "base/a.c", c_function(lines=70) + c_function(arguments="int (*a)(int, int), int b"))

    def test_functions_are_measured(self):
        text = "#include <a.h>\n\nstruct a {\n\tint b;\n};\nstatic int x = 1;\n\nint f(int a,\n      int b)\n{\n\tx();\n}\n"
        self.assertEqual(functions(text), [(8, "f", 5, 2)])
        self.assertEqual(functions("int g(void)\n{\n}\n"), [(1, "g", 3, 0)])
        self.assertEqual(functions("int h(int a, int *b_out)\n{\n}\n"), [(1, "h", 3, 1)])

    def test_words(self):
        self.finds(gates.words, "docs/a.md", "see /" + "work/main/x\n")
        self.finds(gates.words, "base/a.c", "/* TO" + "DO: later */\n")
        self.passes(gates.words, "docs/a.md", "a piece of work/time, ${CMAKE_CURRENT_BINARY_DIR}/work/x, roots/of/it\n")

    def test_executables(self):
        self.finds(gates.executables, "scripts/a", "#!/bin/sh\n")
        self.finds(gates.executables, "docs/a.md", "# A\n", executable=["docs/a.md"])
        self.passes(gates.executables, "scripts/a", "#!/bin/sh\n", executable=["scripts/a"])

    def test_documented(self):
        options = {"federator/options.def": 'OPTION(id_ttl_s, uint64_t, OPTION_SECONDS, "id-ttl", 1, 2, "", "s", "a, b")\n'}
        steps = {"federator/flow/steps.def": 'STEP(admit,   "x")\n'}
        self.finds(gates.documented, "docs/operations.md", "none", beside=options)
        self.finds(gates.documented, "docs/architecture.md", "none", beside=steps)
        self.passes(gates.documented, "docs/operations.md", "`--id-ttl` how long", beside=options)
        self.passes(gates.documented, "docs/architecture.md", "`admit` first", beside=steps)

    def test_events_documented(self):
        logs = {"federator/a.c": '\t\tlog_event(LOG_WARN, "source_down", LOG_CSTR("source", source),\n'}
        self.finds(gates.events_documented, "docs/operations.md", "| `source_up` |", beside=logs)
        self.passes(gates.events_documented, "docs/operations.md", "| `source_down`, `source_up` |", beside=logs)

    def test_logs_without_customers(self):
        event = '\tlog_event(LOG_INFO, "x", LOG_CSTR("part", run->part->name),\n\t\t  %s);\n'
        for of in ('LOG_STR("key", ask->by[0].value)', 'LOG_CSTR("who", arena_cstr(mem, flow->match.subject))',
                   'LOG_STR("x", rows_cell(fact->rows, 0, 1))', 'LOG_STR("q",\n\t\t\t   x->query)'):
            self.finds(gates.logs_without_customers, "federator/a.c", event % of)
        for of in ('LOG_CSTR("text", err->text)', 'LOG_CSTR("text", "asks by many values")', 'LOG_NUM("rows", n)'):
            self.passes(gates.logs_without_customers, "federator/a.c", event % of)
        self.passes(gates.logs_without_customers, "tests/a.c", event % 'LOG_STR("key", value)')

    def test_faults_shown(self):
        tests = {"tests/scenarios/s1_down.scn": "", "tests/scenarios/must-fail/s2.scn": "", "tests/models/drain.pml": "",
                 "bench/fault_valid.py": 'Story("D1 refused", 1)', "bench/faults": '{"flat": f}',
                 "tests/live/test_a.py": "    def test_x(self):\n    def helper(self, x):\n",
                 "tests/base/test_b.c": "static void y(void **state)\n{\n}\nstatic void z(void **state)\n{\n}\n\tTEST(y),\n"}
        page = "| D1 | down | stale | log | back |\n| D1 | %s |\n"
        for name in ("s1_down.scn", "drain.pml", "bench/faults: D1 refused", "bench/faults: flat", "test_a.py: test_x",
                     "test_b: y", "test_b"):
            self.passes(gates.faults_shown, "docs/faults.md", page % f"`{name}`", beside=tests)
        for name in ("s1_up.scn", "reload.pml", "bench/faults: D1", "test_a.py: test_y", "test_a.py: helper", "test_b: x",
                     "test_b: z", "test_c", "test_c: y", "1_down.scn"):
            self.finds(gates.faults_shown, "docs/faults.md", page % f"`{name}`", beside=tests)
        self.finds(gates.faults_shown, "docs/faults.md", page % "none", beside=tests)
        self.finds(gates.faults_shown, "docs/faults.md", page + "| D2 | frozen | late | log | cut |\n", beside=tests)
        self.finds(gates.faults_shown, "docs/faults.md", page + "| P1 | down | nothing | log | - |\n", beside=tests)

    def test_no_sleeps(self):
        self.finds(gates.no_sleeps, "tests/base/test_a.c", "\tusleep(10);\n")
        self.passes(gates.no_sleeps, "tests/base/test_a.c", "/* no sleep( here */\n\tputs(\"sleep(1)\");\n")

    def test_sources_listed(self):
        self.finds(gates.sources_listed, "base/a.c", "", beside={"base/CMakeLists.txt": "add(ba.c)"})
        self.finds(gates.sources_listed, "base/a.c", "", beside={"cache/CMakeLists.txt": "add(a.c)"})
        self.passes(gates.sources_listed, "base/a.c", "", beside={"base/CMakeLists.txt": "add(base a.c)"})
        self.passes(gates.sources_listed, "base/x/a.c", "", beside={"base/CMakeLists.txt": "add(base x/a.c)"})
        self.passes(gates.sources_listed, "tests/base/test_a.c", "",
                    beside={"tests/base/CMakeLists.txt": "foreach(n a b)\n  t(test_${n}.c)\nendforeach()"})

    def test_allocation_does_not_fail(self):
        self.finds(gates.allocation_does_not_fail, "cache/a.c", "\tp = calloc(1, 8);\n")
        self.finds(gates.allocation_does_not_fail, "federator/flow/a.c", "\tp = strdup(text);\n")
        self.passes(gates.allocation_does_not_fail, "base/memory.c", "\tp = malloc(8);\n")
        self.passes(gates.allocation_does_not_fail, "tests/base/test_a.c", "\tp = malloc(8);\n")
        self.passes(gates.allocation_does_not_fail, "cache/a.c", "/* malloc( */\n\tfree(memory_new(8));\n")

    def test_every_gate_is_tested_here(self):
        tested = {name[len("test_"):] for name in dir(self) if name.startswith("test_")}
        self.assertEqual(set(gates.GATES) - tested, set())


if __name__ == "__main__":
    unittest.main()
