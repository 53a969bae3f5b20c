/* What a policy demands of who opens a session: a reason, a purpose of use. Pure. */
#ifndef PHIGATE_AGENT_TERMS_H
#define PHIGATE_AGENT_TERMS_H

#include "conf.h"

struct terms {
	bool reason;
	struct text_list purposes;               /* any of them; empty: none is demanded */
};

/* The values of require_reason and require_purpose; either may be NULL. RC_BAD with the place. On failure too, terms_free(). */
enum rc terms_read(const struct yaml *require_reason, const struct yaml *require_purpose, struct terms *out, struct why *why) MUST_USE;
void terms_free(struct terms *terms);

/* reason, purpose: as given, or NULL. RC_DENIED: why says what to add to the command. */
enum rc terms_met(const struct terms *terms, const char *connection, const char *reason, const char *purpose, struct why *why) MUST_USE;

#endif
