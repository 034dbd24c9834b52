#include <libxml/parser.h>

#include "base/digest.h"
#include "federator/cli/cli.h"

int main(int argc, char **argv)
{
	struct err err;

	if (!digest_init(&err))
		return message_err(&err);
	xmlInitParser(); /* before any thread */
	return cli_main(argc, argv);
}
