/* May this request use the session at all? Its Host, its origin and its local API key (design: the tunnel, local side). Pure. */
#ifndef PHIGATE_AGENT_LOCALKEY_H
#define PHIGATE_AGENT_LOCALKEY_H

#include "http_message.h"

/* api_key_sha256: lower-case hex of the whole key. 0: yes; else the status to refuse with (421, 401), and why. */
int localkey_check(const struct http_head *head, const char *api_key_sha256, bool optional, struct why *why);

#endif
