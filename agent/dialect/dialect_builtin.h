/* The dialects that are built in: config/dialects/NAME.yaml as they stand. Only dialect.c includes this. */
#ifndef PHIGATE_AGENT_DIALECT_BUILTIN_H
#define PHIGATE_AGENT_DIALECT_BUILTIN_H

#include "buf.h"

struct dialect_builtin {
	const char *name;
	const char *start, *end;
};

extern const struct dialect_builtin dialect_builtin[];       /* ends with a NULL name */

#endif
