/* commands.h - the function of each command of commands.def. Takes its arguments; returns what the process
 * ends with. */
#ifndef FEDERATOR_CLI_COMMANDS_H
#define FEDERATOR_CLI_COMMANDS_H

#include "federator/cli/cli.h"

/* command_serve() and so on. */
#define COMMAND(name, ...) int command_##name(struct args *args);
#define FLAG(...)
#include "federator/cli/commands.def"
#undef COMMAND
#undef FLAG

#endif
