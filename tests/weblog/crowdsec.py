#!/usr/bin/env python3
"""crowdsec.py parser.assert > expected - what crowdsec's test of a parser says of each line, one line for each: `rejected`
(no parser of it takes the line, or not for a request), or `read` and tab-separated name=value pairs of our own names."""
import json
import re
import sys

OURS = {"remote_addr": "client", "clientip": "client", "client_ip": "client", "remote_user": "user", "auth": "user",
        "verb": "method", "request": "target", "status": "status", "response": "status", "http_status_code": "status",
        "body_bytes_sent": "bytes", "bytes": "bytes", "bytes_read": "bytes", "http_referer": "referrer", "referrer": "referrer",
        "http_user_agent": "agent", "target_fqdn": "host", "request_addr": "host"}
FORM = re.compile(r'results\["s01-parse"\]\["[^"]+"\]\[(\d+)\]\.(Success|Evt\.(?:Parsed|Meta)\["([^"]+)"\]) == (.*)$')


def lines_of(text):
    """For each line: was it parsed, and the fields that say something."""
    lines = {}
    for match in filter(None, map(FORM.match, text.splitlines())):
        line = lines.setdefault(int(match[1]), {})
        if match[2] == "Success":
            line["parsed"] = match[4] == "true"
        elif match[3] == "log_type":
            line["type"] = json.loads(match[4])
        elif match[3] in OURS and match[2].startswith("Evt.Parsed"):
            line[OURS[match[3]]] = json.loads(match[4])
    return [lines[number] for number in sorted(lines)]


def expected(line):
    if not line.pop("parsed") or line.pop("type", "http_access-log") != "http_access-log":
        return "rejected"
    pairs = sorted((name, "" if value == "-" else value) for name, value in line.items())
    return "\t".join(["read"] + [f"{name}={value}" for name, value in pairs])


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        print("\n".join(map(expected, lines_of(file.read()))))


if __name__ == "__main__":
    main()
