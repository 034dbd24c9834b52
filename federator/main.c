#include "federator/cli/cli.h"
#include "federator/libraries.h"

int main(int argc, char **argv)
{
	struct err err;

	if (!libraries_begin(&err))
		return message_err(&err);
	return cli_main(argc, argv);
}
