#include "wipe.h"

#include <stdlib.h>
#include <string.h>

void wipe(void *p, size_t n)
{
	if (!n)
		return;
	memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory");      /* the bytes count as read, so that the compiler cannot leave this out */
}

void wipe_free(char *s)
{
	if (s)
		wipe(s, strlen(s));
	free(s);
}
