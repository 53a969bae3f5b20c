/* What control.c lends to events.c: an answer that does not end. */
#ifndef PHIGATE_CLI_CONTROL_PRIVATE_H
#define PHIGATE_CLI_CONTROL_PRIVATE_H

#include "control.h"
#include "control_head.h"

struct control {
	struct tunnel *tunnel;
	bool owns_tunnel;
	const struct signin *signin;
	int fd;                                  /* our end of the channel; -1: the next call opens one */
	struct buf in;                           /* bytes of the answer that came */
};

/* Send a request and read the answer's head; the body comes by control_more(). */
enum rc control_ask(struct control *c, const char *method, const char *path, const char *body, struct control_head *head,
		    struct why *why) MUST_USE;

/* Append what comes next to in: at least one byte. RC_END: the channel has ended. */
enum rc control_more(struct control *c, struct why *why) MUST_USE;

/* Read an error's body and turn it into words; the result that fits its status. */
enum rc control_refused(struct control *c, const struct control_head *head, struct why *why);

#endif
