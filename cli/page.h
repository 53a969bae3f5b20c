/* A recorded session as one HTML page that needs nothing else: no script, no network, all text of others escaped (markup.h). It is written while the
 * bundle is read. */
#ifndef PHIGATE_CLI_PAGE_H
#define PHIGATE_CLI_PAGE_H

#include <stdio.h>

#include "evidence.h"

/* A check of verification, kept for the page. */
struct page_check {
	char name[16];
	enum bundle_result result;
	char *text;
};

struct page_checks {
	struct page_check *all;
	size_t n;
	bool nomem;
};

void page_checks_add(void *checks, const struct bundle_check *check);    /* a bundle_on_check */
void page_checks_free(struct page_checks *checks);

/* A page of this form: its head up to the text of its title, and from behind that into the body's main element. */
void page_open(FILE *f);
void page_opened(FILE *f);

/* *lost counts records that cannot be shown. RC_TOO_BIG: more exchanges, or more that run beside each other, than can be told apart; RC_IO; RC_NOMEM. */
enum rc page_write(FILE *f, const struct evidence *e, const struct page_checks *checks, size_t *lost, struct why *why) MUST_USE;

#endif
