/* Overwriting what must not stay in memory. */
#ifndef PHIGATE_WIPE_H
#define PHIGATE_WIPE_H

#include <stddef.h>

void wipe(void *p, size_t n);      /* not removed by the optimizer; p may be NULL when n is 0 */
void wipe_free(char *s);           /* wipe a NUL-terminated string and free it; NULL is allowed */

#endif
