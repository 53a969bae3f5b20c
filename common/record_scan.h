/* A record as it lies in a segment (evidence.md): {"salt":"…","k":"…","body":{…}}, in this form only, read as a stream. The body is
 * checked to be one JSON object, and the few facts that verification needs are taken from it. Nothing is allocated. */
#ifndef PHIGATE_RECORD_SCAN_H
#define PHIGATE_RECORD_SCAN_H

#include "buf.h"
#include "bundle_line.h"
#include "jsonscan.h"

/* Members of the body, as far as it has them with the right type; a text that is longer is cut. */
struct record_facts {
	int status;                              /* response; 0: none */
	bool chunks, end;                        /* response */
	char outcome[16];                        /* decision */
	char original[72];                       /* any: SHA-256 of the line that it was before it was masked, hex */
};

struct record_scan {
	enum bundle_kind kind;
	struct record_facts facts;
	struct jsonscan json;
	struct buf *body;                        /* the body is appended here; may be NULL */
	uint64_t n;                              /* bytes so far */
	size_t prefix_n;
	char prefix[80];
	char key[16], value[72];                 /* of the outermost object */
	size_t key_n, value_n;
	bool in_key, in_value, closed, bad;
};

void record_scan_begin(struct record_scan *s, enum bundle_kind kind, struct buf *body);
void record_scan_feed(struct record_scan *s, struct slice piece);
bool record_scan_end(struct record_scan *s);             /* it was one record of that kind, whole */

#endif
