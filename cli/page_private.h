/* What the files of a page share: its way through the bundle (page.c), its head (page_head.c), its exchanges (page_exchange.c), its looks
 * (page_style.c). */
#ifndef PHIGATE_CLI_PAGE_PRIVATE_H
#define PHIGATE_CLI_PAGE_PRIVATE_H

#include <cjson/cJSON.h>

#include "markup.h"
#include "page.h"
#include "places.h"

struct page {
	FILE *f;
	struct bundle *bundle;
	struct places places;
	struct markup markup;
	char day[11];                            /* of what was written last: "2026-01-31" */
	uint64_t lines;                          /* of the index, read so far */
	size_t lost;
};

void page_text(struct page *p, const char *text);                        /* of others; NULL: nothing */
void page_duration(struct page *p, int64_t ns);

/* The row of the timeline that this record begins. id: of an exchange; 0: none. */
void page_row(struct page *p, const struct bundle_record *record, uint64_t id, const char *look);
void page_row_end(struct page *p);

/* A label and what it labels, for events of a line or two. */
void page_event(struct page *p, const char *look, const char *label);
void page_event_end(struct page *p);
void page_lost(struct page *p, const struct bundle_record *record, const struct why *why);
void page_raw(struct page *p, const char *summary, struct slice text);   /* to be unfolded */

void page_head(struct page *p, const struct evidence *e, const struct page_checks *checks, cJSON *session);
enum rc page_exchange(struct page *p, const struct place *place, struct why *why) MUST_USE;

extern const char *const page_style;

#endif
