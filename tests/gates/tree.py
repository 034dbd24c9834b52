"""The source tree as the gates see it, and just enough reading of C to measure it."""
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Tree:
    """Paths relative to the root, with their texts and modes. Made from the work tree or, in tests, from a dict."""

    def __init__(self, texts, executable=()):
        self.texts = texts
        self.executable = set(executable)

    @classmethod
    def of_work_tree(cls, root=ROOT):
        texts, executable = {}, set()
        for path in tracked(root):
            full = os.path.join(root, path)
            if os.path.islink(full) or not os.path.isfile(full):
                continue
            with open(full, encoding="utf-8", errors="replace") as f:
                texts[path] = f.read()
            if os.access(full, os.X_OK):
                executable.add(path)
        return cls(texts, executable)

    def paths(self, *endings):
        """Paths that end so, sorted."""
        return sorted(path for path in self.texts if path.endswith(endings))


def tracked(root):
    """What git would commit; every file outside build/ when it is not a git work tree."""
    done = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-co", "--exclude-standard"],
                          capture_output=True, text=True)
    if done.returncode == 0:
        return done.stdout.splitlines()
    found = []
    for directory, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in (".git", "__pycache__") and not f.startswith("build")]
        found += [os.path.relpath(os.path.join(directory, name), root) for name in files]
    return found


def blank_out(match):
    """As long as before and on as many lines, but empty."""
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments(text):
    """C text with comments, strings and character constants blanked; line numbers stay."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank_out, text, flags=re.S)


def without_preprocessor(text):
    """C text with preprocessor lines blanked."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank_out, text, flags=re.M)


def includes(text):
    """(line, path) of each #include "path"."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        if match:
            found.append((number, match.group(1)))
    return found


def parameters(signature):
    """How many parameters the function of this signature takes, outputs (*_out) not counted."""
    depth, names = 0, [""]
    for char in signature[signature.find("("):]:
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            break
        if char == "," and depth == 1:
            names.append("")
        else:
            names[-1] += char
    if names[0].strip("( \n\t") in ("", "void"):
        return 0
    return sum(not name.rstrip().endswith("_out") for name in names)


def functions(text):
    """(line, name, length in lines, parameters) of each function: its `{` and `}` stand in the first column."""
    lines = without_preprocessor(without_comments(text)).splitlines()
    found, start = [], 0
    for number, line in enumerate(lines):
        if line.startswith("}"):
            function = function_between(lines, start, number)
            if function:
                first, name, count = function
                found.append((first + 1, name, number - first + 1, count))
            start = number + 1
        elif line.rstrip().endswith(";") and not line[:1].isspace():
            start = number + 1
    return found


def function_between(lines, start, end):
    """(first line, name, parameters) of the block between two lines, or None when it is no function."""
    opened = next((n for n in range(start, end) if lines[n].startswith("{")), None)
    if opened is None:
        return None
    first = next((n for n in range(start, opened) if lines[n].strip()), None)
    signature = "\n".join(lines[start:opened])
    name = re.search(r"(\w+)\s*\(", signature)
    if first is None or name is None:
        return None
    return first, name.group(1), parameters(signature[name.start():])


def declarations(text):
    """(line, declaration, has a comment of its own) of each top-level declaration of a header."""
    bare = without_preprocessor(without_comments(text))
    found, depth, begun, behind = [], 0, None, 0
    for place, char in enumerate(bare):
        if begun is None and not char.isspace():
            begun = place
        depth += (char in "({[") - (char in ")}]")
        inline_end = char == "}" and depth == 0 and bare[begun:place].count("(") and opens_body(bare[begun:place])
        if depth == 0 and begun is not None and (char == ";" or inline_end):
            line = text.count("\n", 0, begun) + 1
            found.append((line, bare[begun:place + 1], commented(text[behind:begun], behind == 0)))
            begun, behind = None, place + 1
    return found


def opens_body(chunk):
    """Is this a function with a body, not a struct?"""
    brace, paren = chunk.find("{"), chunk.find("(")
    return brace != -1 and -1 < paren < brace


def commented(between, first):
    """Does a comment on a line of its own stand directly in front of the declaration?"""
    begin = "(?:^|\n)" if first else "\n"
    return re.search(begin + r"[ \t]*/\*(?:(?!\*/).)*\*/\s*(?:#[^\n]*\n\s*)*$", between, flags=re.S) is not None
