/* What pack.c and pack_verify.c share. */
#ifndef PHIGATE_PACK_PRIVATE_H
#define PHIGATE_PACK_PRIVATE_H

#include "pack.h"

struct pack_inside {                            /* a bundle that it has inside, as its name says */
	struct extent where;
	char session[27], part[8];
};

struct pack {
	int fd;
	bool whole;
	struct extent files[PACK_FILES];
	unsigned char sums[PACK_FILES][SHA256_LEN];      /* of what is there */
	struct pack_inside *inside;
	size_t n_inside, inside_cap;
	cJSON *about;
	char signer[64];
};

#endif
