/* The index of an evidence pack for people: what was found in the period, rule by rule, what needs attention, and how to check it. */
#ifndef PHIGATE_CLI_DOSSIER_H
#define PHIGATE_CLI_DOSSIER_H

#include "gather.h"
#include "page.h"

struct dossier {
	const struct pack *pack;                 /* the agent's part; borrowed, like the others */
	const struct pack_figures *figures;
	const struct gathered *gathered;
	const struct page_checks *checks;        /* of the agent's part */
	const char *results;                     /* results.jsonl, to be read again */
	bool with_bundles;
};

/* Does anything in it not hold? */
bool dossier_good(const struct dossier *d);

enum rc dossier_write(const struct dossier *d, FILE *f, bool html, struct why *why) MUST_USE;    /* RC_IO, RC_NOMEM */

#endif
