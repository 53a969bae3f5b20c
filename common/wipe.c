#include "wipe.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

void wipe(void *p, size_t n)
{
	if (n)
		OPENSSL_cleanse(p, n);
}

void wipe_free(char *s)
{
	if (s)
		wipe(s, strlen(s));
	free(s);
}
