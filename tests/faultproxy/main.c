/* faultproxy - passes TCP connections on to loopback ports and does to them what networks do.
 *
 *   faultproxy [TOXIC=NUMBER ...] TO_PORT ...
 *
 * prints the port it listens on for each TO_PORT, a line each; ends with SIGTERM. Lines on stdin change what it does
 * from then on, each answered by a line, `ok` or what is wrong:
 *
 *   0 down latency_us=2000 jitter_us=500     connections of the first port, to the client; other toxics of it end
 *   * both hole=1                            all ports, both directions
 *   * both                                   nothing any more
 *
 * Directions: up (to the server), down, both. The toxics are the members of struct toxics. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/faultproxy/proxy.h"

static bool set_all(size_t from, size_t to, const char *direction, const struct toxics *t)
{
	bool ok = from < to;

	for (size_t i = from; i < to; i++) {
		if (strcmp(direction, "down") != 0)
			ok &= proxy_set(i, PROXY_UP, t);
		if (strcmp(direction, "up") != 0)
			ok &= proxy_set(i, PROXY_DOWN, t);
	}
	return ok;
}

static void command(char *line)
{
	struct toxics t;
	char which[16], direction[16], wrong[64];
	int at = 0;
	size_t from, to;

	if (sscanf(line, "%15s %15s%n", which, direction, &at) != 2 ||
	    (strcmp(direction, "up") != 0 && strcmp(direction, "down") != 0 && strcmp(direction, "both") != 0)) {
		puts("a line is: PORT_NUMBER|* up|down|both [TOXIC=NUMBER ...]");
		return;
	}
	if (!toxics_read(line + at, &t, wrong)) {
		printf("`%s` is no toxic\n", wrong);
		return;
	}
	from = strcmp(which, "*") == 0 ? 0 : strtoul(which, NULL, 10);
	to = strcmp(which, "*") == 0 ? proxy_listeners() : from + 1;
	puts(set_all(from, to, direction, &t) ? "ok" : "there is no such port");
}

int main(int argc, char **argv)
{
	struct toxics t = { 0 };
	char words[512] = "", wrong[64];
	int i = 1;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (; i < argc && strchr(argv[i], '='); i++) {
		strncat(words, argv[i], sizeof(words) - strlen(words) - 2);
		strcat(words, " ");
	}
	if (!toxics_read(words, &t, wrong)) {
		fprintf(stderr, "faultproxy: `%s` is no toxic\n", wrong);
		return 2;
	}
	if (i == argc) {
		fprintf(stderr, "usage: faultproxy [TOXIC=NUMBER ...] TO_PORT ...\n");
		return 2;
	}
	proxy_begin();
	for (; i < argc; i++)
		printf("%u\n", proxy_listen((unsigned)strtoul(argv[i], NULL, 10), &t));
	proxy_run(command);
}
