/* What pack.c and pack_verify.c share. */
#ifndef PHIGATE_PACK_PRIVATE_H
#define PHIGATE_PACK_PRIVATE_H

#include "pack.h"

struct pack {
	int fd;
	bool whole;
	struct extent files[PACK_FILES];
	unsigned char sums[PACK_FILES][SHA256_LEN];      /* of what is there */
	size_t bundles;                                  /* that it has inside */
	cJSON *about;
	char signer[64];
};

#endif
