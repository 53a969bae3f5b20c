/* A set of JSON paths as a tree, to walk along while JSON is read: "choices[].delta.content". [] is every item of an array, *
 * every member of an object. */
#ifndef PHIGATE_MASK_PATHS_H
#define PHIGATE_MASK_PATHS_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct paths;

#define PATH_NONE 0              /* leads nowhere */
#define PATH_ROOT 1
#define PATH_MARKS 12            /* kinds of marks that a place may carry */

/* NULL: no memory. */
struct paths *paths_new(void);
void paths_free(struct paths *p);

/* Mark the place at the end of path; the mark (below PATH_MARKS) carries a value from 0. RC_BAD: no path, or the place has that
 * mark already. */
enum rc paths_add(struct paths *p, const char *path, unsigned mark, uint16_t value) MUST_USE;

/* The value of a mark at a place, or -1. */
int paths_mark(const struct paths *p, uint16_t place, unsigned mark);

uint16_t paths_member(const struct paths *p, uint16_t place, struct slice key);
uint16_t paths_item(const struct paths *p, uint16_t place);

/* Is a place a member that the paths name, and not only one of any name? */
bool paths_named(const struct paths *p, uint16_t place);

/* Does a place carry a mark with this value, or lead to one that does? */
bool paths_leads(const struct paths *p, uint16_t place, unsigned mark, uint16_t value);

/* Does a name at a place, and so folded (UTF8PROC_CASEFOLD), differ from a key of the paths in nothing but case? */
bool paths_almost(const struct paths *p, uint16_t place, struct slice name, struct slice folded);

/* Do the paths name keys at a place? */
bool paths_has_keys(const struct paths *p, uint16_t place);

#endif
