"""The house rules as checks. A gate takes a Tree and returns findings, each "path:line: what and what to do"."""
import re

from tree import declarations, functions, includes, without_comments

FILE_LINES, FUNCTION_LINES, PARAMETERS, COLUMNS = 600, 80, 6, 120

# Functions whose parameters somebody else decided: a library's callback, or the members of a standard document; those
# that begin with SQL are ODBC's.
SHAPED_ELSEWHERE = {"call_step": "libmicrohttpd's handler", "answer": "libmicrohttpd's handler",
                    "on_start": "libxml2's startElementNs", "problem_reply": "RFC 9457"}

# Folder -> what it may include beside itself. federator/ itself holds the files of the service as a whole.
MAY_INCLUDE = {
    "base": [],
    "metadata": ["base"],
    "adapters": ["base"],
    "cache": ["base"],
    "weblog": ["metadata", "adapters", "base"],
    "federator/view": ["metadata", "base"],
    "federator/render": ["federator/view", "metadata", "base"],
    "federator/schema": ["federator/view", "federator/render", "metadata", "base"],
    "federator": ["federator/limits", "metadata", "adapters", "cache", "base"],
    "federator/limits": ["base"],
    "federator/access": ["federator", "base"],
    "federator/audit": ["federator", "base"],
    "federator/flow": ["federator/audit", "federator/limits", "federator", "federator/view", "federator/render", "metadata", "adapters", "cache", "base"],
    "federator/live": ["federator", "metadata", "adapters", "base"],
    "federator/purge": ["federator/flow", "federator", "metadata", "cache", "base"],
    "federator/web": ["federator/flow", "federator/access", "federator", "federator/view", "federator/render", "metadata", "adapters", "base"],
    "federator/http": ["federator/audit", "federator/web", "federator/access", "federator/purge", "federator/flow", "federator", "federator/schema", "federator/view", "federator/render",
                       "metadata", "adapters", "cache", "base"],
}
ANYTHING = ("federator/cli", "federator/admin", "federator/demo", "tests", "bench", "fuzz")


def folder_of(path):
    """The folder of the rule table a file belongs to."""
    parts = path.split("/")
    if parts[0] == "federator" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0]


def folder_order(tree):
    """Includes point down only: federator, then metadata, adapters and cache, then base."""
    found = []
    for path in tree.paths(".c", ".h"):
        mine = folder_of(path)
        if mine in ANYTHING or path == "federator/main.c":
            continue
        if mine not in MAY_INCLUDE:
            found.append(f"{path}:1: folder {mine} has no place in the order (tests/gates/gates.py)")
            continue
        for line, target in includes(tree.texts[path]):
            theirs = folder_of(target)
            if "/" in target and theirs != mine and theirs not in MAY_INCLUDE[mine]:
                found.append(f"{path}:{line}: {mine} must not include {theirs}; move what is shared down")
    return found


def include_from_root(tree):
    """#include "folder/file.h": a path from the root, to a file that is there or that CMake generates."""
    generators = "".join(tree.texts[path] for path in tree.paths("CMakeLists.txt"))
    found = []
    for path in tree.paths(".c", ".h"):
        for line, target in includes(tree.texts[path]):
            if target not in tree.texts and target.rsplit("/", 1)[-1] not in generators:
                found.append(f'{path}:{line}: "{target}" is no file from the root of the tree')
    return found


def prototypes_commented(tree):
    """Every function a header declares says what it does."""
    found = []
    for path in tree.paths(".h"):
        for line, text, has_comment in declarations(tree.texts[path]):
            if is_prototype(text) and not has_comment:
                name = re.search(r"(\w+)\s*\(", text).group(1)
                found.append(f"{path}:{line}: {name}() needs a comment above it")
    return found


def is_prototype(text):
    """A function, not a struct, a variable or an assertion."""
    paren, brace = text.find("("), text.find("{")
    if paren == -1 or -1 < brace < paren or re.match(r"(typedef|_Static_assert|static_assert)\b", text):
        return False
    return "=" not in text[:paren]


def sizes(tree):
    """Small files, functions and parameter lists; lines that fit."""
    found = []
    for path in tree.paths(".c", ".h"):
        lines = tree.texts[path].splitlines()
        if len(lines) > FILE_LINES:
            found.append(f"{path}:1: {len(lines)} lines; split it, {FILE_LINES} is the most")
        for number, line in enumerate(lines, 1):
            if len(line.expandtabs(8)) > COLUMNS:
                found.append(f"{path}:{number}: wider than {COLUMNS} columns")
        for line, name, length, count in functions(tree.texts[path]):
            if length > FUNCTION_LINES:
                found.append(f"{path}:{line}: {name}() has {length} lines; {FUNCTION_LINES} is the most")
            if count > PARAMETERS and name not in SHAPED_ELSEWHERE and not name.startswith("SQL"):
                found.append(f"{path}:{line}: {name}() takes {count} parameters; {PARAMETERS} is the most")
    return found


def words(tree):
    """No loose ends and no path of one person's machine."""
    unfinished = "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"))
    pattern = re.compile(rf"\b({unfinished})\b|(?<![\w.}})])/(work|home|root|Users)/[\w.-]+")
    found = []
    for path, text in sorted(tree.texts.items()):
        for number, line in enumerate(text.splitlines(), 1):
            match = pattern.search(line)
            if match and not path.startswith("tests/data/"):  # data of others, unchanged
                found.append(f"{path}:{number}: {match.group(0)!r} does not belong into the tree")
    return found


def executables(tree):
    """A file that begins with #! may be run, and only such a file."""
    found = []
    for path, text in sorted(tree.texts.items()):
        if text.startswith("#!") and path not in tree.executable:
            found.append(f"{path}:1: begins with #! but is not executable (chmod +x)")
        if path in tree.executable and not text.startswith("#!"):
            found.append(f"{path}:1: executable but does not begin with #!")
    return found


# Table, macro, column of the name, page that explains it, how it stands there.
MANUAL = (("federator/options.def", "OPTION", 3, "docs/operations.md", "`--{}`"),
          ("federator/cli/commands.def", "COMMAND", 0, "docs/operations.md", "`federator {}"),
          ("federator/cli/commands.def", "FLAG", 1, "docs/operations.md", "`--{}"),
          ("federator/flow/steps.def", "STEP", 0, "docs/architecture.md", "`{}`"))


def documented(tree):
    """Every option, command, flag and step of the tables stands in the manual."""
    found = []
    for table, macro, column, page, form in MANUAL:
        for line, row in table_rows(tree.texts.get(table, ""), macro):
            told = form.format(row[column].strip().strip('"'))
            if told not in tree.texts.get(page, "") and "IS_HIDDEN" not in "".join(row):
                found.append(f"{table}:{line}: {told} is not explained in {page}")
    return found


def events_documented(tree):
    """Every event of the log is explained to operators."""
    page = tree.texts.get("docs/operations.md", "")
    found = []
    for path in tree.paths(".c"):
        if not path.startswith("federator/"):
            continue
        for number, line in enumerate(tree.texts[path].splitlines(), 1):
            event = re.search(r'log_event\(.*?,\s*"(\w+)"', line)
            if event and f"`{event.group(1)}`" not in page:
                found.append(f"{path}:{number}: the event `{event.group(1)}` is not explained in docs/operations.md")
    return found


# What holds a customer's value, or what a client sent, by the names that it has everywhere.
OF_CUSTOMERS = re.compile(r"\b(values?|subject|cells?|rows?|body|query|target|asked|by|args|digits|plain)\b")


def logs_without_customers(tree):
    """No field of a log event is given what holds a value of a customer."""
    found = []
    for path in tree.paths(".c"):
        if path.split("/")[0] not in MAY_INCLUDE:
            continue
        bare = without_comments(tree.texts[path])
        for match in re.finditer(r"\bLOG_C?STR\(((?:[^()]|\([^()]*\))*)\)", bare):
            of = OF_CUSTOMERS.search(match.group(1))
            if of:
                line = bare.count("\n", 0, match.start()) + 1
                found.append(f"{path}:{line}: `{of.group(1)}` is logged: no value of a customer may be")
    return found


def faults_shown(tree):
    """Each fault of docs/faults.md has tests, and each test that the page names is there."""
    page, found, faults, shown = "docs/faults.md", [], {}, set()
    for number, line in enumerate(tree.texts.get(page, "").splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not re.fullmatch(r"[ADLRPMTH]\d+", cells[0]):
            continue
        if len(cells) != 2:
            faults[cells[0]] = number
            continue
        names = re.findall(r"`([^`]+)`", cells[1])
        shown |= {cells[0]} if names else set()
        found += [f"{page}:{number}: there is no test `{name}`" for name in names if not test_exists(tree, name)]
    return found + [f"{page}:{number}: no test shows {fault}" for fault, number in faults.items() if fault not in shown]


def test_exists(tree, name):
    """A scenario, model or program by its file; one test of a program; a row or part of bench/faults."""
    if name.startswith("bench/faults: "):
        return any(f'"{name[14:]}"' in text for path, text in tree.texts.items() if path.startswith("bench/fault"))
    file, _, test = name.partition(": ")
    ending = "" if "." in file else ".c"
    texts = [tree.texts[path] for path in tree.paths("/" + file + ending) if path.startswith("tests/")]
    if not test:
        return bool(texts)
    if file.endswith(".py"):
        return any(re.search(rf"^    def {re.escape(test)}\(self\):", text, re.M) for text in texts)
    defined, listed = rf"^static void {re.escape(test)}\(void \*\*", rf"\(\s*{re.escape(test)}\s*[,)]"
    return any(re.search(defined, text, re.M) and re.search(listed, text) for text in texts)


def table_rows(text, macro):
    """(line, cells) of each MACRO(a, b, ...) at the beginning of a line; cells hold no comma but in quotes."""
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(macro + "("):
            cells = re.findall(r'\s*("(?:\\.|[^"\\])*"|[^,()"]+)\s*[,)]?', line[len(macro) + 1:])
            rows.append((number, cells))
    return rows


def no_sleeps(tree):
    """C unit tests wait for events, never for time to pass."""
    found = []
    for path in tree.paths(".c"):
        if path.startswith("tests/"):
            bare = without_comments(tree.texts[path])
            for match in re.finditer(r"\b(sleep|usleep|nanosleep|clock_nanosleep|sched_yield)\s*\(", bare):
                line = bare.count("\n", 0, match.start()) + 1
                found.append(f"{path}:{line}: {match.group(1)}() in a test; wait for a condition instead")
    return found


def sources_listed(tree):
    """Every C file is built: the CMakeLists.txt of its folder or of one above names it."""
    found = []
    for path in tree.paths(".c"):
        folders = path.split("/")[:-1]
        above = ["/".join(folders[:n] + ["CMakeLists.txt"]) for n in range(len(folders) + 1)]
        lists = "".join(loops_unrolled(tree.texts.get(name, "")) for name in above)
        if not re.search(r"(?<![\w.-])" + re.escape(path.rsplit("/", 1)[-1]), lists):
            found.append(f"{path}:1: no CMakeLists.txt names it")
    return found


def loops_unrolled(text):
    """CMake text with each foreach(x a b) ... endforeach() written out."""
    def unroll(match):
        name, values, body = match.groups()
        return "".join(body.replace("${" + name + "}", value) for value in values.split())
    return re.sub(r"foreach\((\w+)([^)]*)\)(.*?)endforeach\(\)", unroll, text, flags=re.S)


def allocation_does_not_fail(tree):
    """Memory of our own comes from base/memory.h, where a refusal has an answer."""
    found = []
    for path in tree.paths(".c"):
        if path.split("/")[0] in MAY_INCLUDE and path != "base/memory.c":
            bare = without_comments(tree.texts[path])
            for match in re.finditer(r"\b(malloc|calloc|realloc|reallocarray|strn?dup|v?asprintf|open_memstream)\s*\(", bare):
                line = bare.count("\n", 0, match.start()) + 1
                found.append(f"{path}:{line}: {match.group(1)}() fails without memory; use base/memory.h")
    return found


GATES = {gate.__name__: gate for gate in (folder_order, include_from_root, prototypes_commented, sizes, words,
                                          executables, documented, events_documented, logs_without_customers, faults_shown, no_sleeps,
                                          sources_listed, allocation_does_not_fail)}
