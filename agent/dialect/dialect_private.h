/* What dialect*.c share: a dialect as it was read. */
#ifndef PHIGATE_AGENT_DIALECT_PRIVATE_H
#define PHIGATE_AGENT_DIALECT_PRIVATE_H

#include "dialect.h"

struct dialect {
	char *name, *text;               /* text: with that of the dialects that it includes */
	bool builtin, markdown_images;
	char *error;
	struct text_list volatile_headers;
	struct route *routes;
	size_t n_routes;
};

#endif
