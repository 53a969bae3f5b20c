/* The head of an answer of the control API: as much of HTTP/1.1 as the agent speaks there, and not more. Pure. */
#ifndef PHIGATE_CLI_CONTROL_HEAD_H
#define PHIGATE_CLI_CONTROL_HEAD_H

#include <stdint.h>

#include "buf.h"

struct control_head {
	int status;
	int64_t length;                          /* of the body; -1: up to the channel's end */
	bool closes;
};

/* The head at the start of in; *used counts its bytes. RC_AGAIN: not all of it is there; RC_BAD. */
enum rc control_head_parse(struct slice in, struct control_head *out, size_t *used) MUST_USE;

#endif
